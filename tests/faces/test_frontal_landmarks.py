import numpy as np
import pytest

from aan_keras.data import mirror_landmarks
from aan_keras.faces.face_model import face_model
from aan_keras.faces.frontal_landmarks import frontal_landmarks
from aan_keras.faces.head_pose import head_pose
from tests.faces.turned_face import turned_face

INNER = slice(17, 68)


def centred(points):
    return points - points[27:48].mean(0)


@pytest.mark.parametrize("yaw", [-40, -25, 25, 40])
@pytest.mark.parametrize("roll", [0, 15])
def test_face_is_seen_from_the_front(yaw, roll):
    found = frontal_landmarks(turned_face(yaw, roll))
    turn = np.radians(head_pose(turned_face(yaw, roll)).angles[2])
    frontal = face_model()[:, :2] * 0.4
    across, down = (np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))
    expected = frontal @ np.array([across, down])
    # The camera comes 8 % closer to a nose and goes 5 % away from a jaw.
    np.testing.assert_allclose(
        centred(found)[INNER], centred(expected)[INNER], atol=1.5
    )
    assert abs(head_pose(found).angles[1]) < 2


@pytest.mark.parametrize("yaw", [-30, 30])
def test_what_is_hidden_follows_what_is_seen(yaw):
    """A hidden corner of the mouth that lies anywhere changes nothing."""
    points = turned_face(yaw)
    hidden = 48 if yaw > 0 else 54
    moved = points.copy()
    moved[hidden] += (0, 3)
    found = frontal_landmarks(moved)
    np.testing.assert_allclose(found, frontal_landmarks(points), atol=0.1)
    np.testing.assert_allclose(found[48, 1], found[54, 1], atol=0.1)


def test_mirrored_face_gives_mirrored_landmarks():
    points = turned_face(28, roll=10)
    points[60:] += np.random.default_rng(0).normal(0, 1, (8, 2))
    expected = mirror_landmarks(frontal_landmarks(points), 128)
    found = frontal_landmarks(mirror_landmarks(points, 128))
    np.testing.assert_allclose(found, expected, atol=0.05)


def test_jaw_is_as_wide_as_jaws_are():
    """Its landmarks lie on the outline of a turned head, further out."""
    points = turned_face(35)
    points[10:17] += (12, 0)
    found = centred(frontal_landmarks(points))
    mean = face_model()
    width, usual = np.ptp(found[:17, 0]), np.ptp(mean[:17, 0])
    eyes = np.linalg.norm(found[36] - found[45]), np.ptp(mean[[36, 45], 0])
    assert 0.9 < (width / eyes[0]) / (usual / eyes[1]) < 1.15


def test_head_keeps_its_place():
    points = turned_face(30, place=(90.0, 40.0))
    found, before = (
        (x[:17].min(0) + x[:17].max(0)) / 2 for x in (frontal_landmarks(points), points)
    )
    np.testing.assert_allclose(found, before, atol=1e-4)


def test_no_face():
    with pytest.raises(ValueError, match="coincide"):
        frontal_landmarks(np.ones((68, 2)))
