import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from aan_keras.faces.face_model import face_model
from aan_keras.faces.head_pose import HeadPose, head_pose
from aan_keras.metrics import PRMSE
from tests.evaluation.rendered_face import render

POSES = np.random.default_rng(0).uniform((-25, -40, -30), (25, 40, 30), (40, 3))


def prmse(found, expected):
    metric = PRMSE()
    metric.update_state(np.array(expected, "float32"), np.array(found, "float32"))
    return float(metric.result())


def test_known_pose_by_its_own_camera():
    found = [head_pose(render(pose)).angles for pose in POSES]
    assert prmse(found, POSES) < 0.1
    frontal = head_pose(render((0, 0, 0))).angles
    np.testing.assert_allclose(frontal, 0, atol=0.05)


@pytest.mark.parametrize("distance", [600.0, 3000.0, np.inf])
def test_known_pose_by_other_cameras(distance):
    found = [head_pose(render(pose, distance)).angles for pose in POSES]
    assert prmse(found, POSES) < 2


def test_known_pose_of_other_people_with_noise_and_expression():
    rng = np.random.default_rng(1)
    found = []
    for pose in POSES:
        person = face_model() * rng.normal(1, 0.04, 3)
        person[48:] += [0, 8, 0]  # the mouth is no part of the fit
        landmarks = render(pose, model=person) + rng.normal(0, 0.5, (68, 2))
        found.append(head_pose(landmarks).angles)
    assert prmse(found, POSES) < 2


def test_place_and_size_do_not_matter():
    landmarks = render((10, -20, 5))
    angles = head_pose(landmarks).angles
    for moved in (landmarks + [300, -50], landmarks * 0.25):
        np.testing.assert_allclose(head_pose(moved).angles, angles, atol=0.01)


@pytest.mark.parametrize(
    ("angles", "moved"),
    [((20, 0, 0), (1, 1)), ((0, 20, 0), (0, -1)), ((0, 0, 20), (1, 1))],
)
def test_signs(angles, moved):
    """Down, to the left of the image, clockwise."""
    axis, sign = moved
    if angles[2]:
        eyes = render(angles)[[36, 45]]
        assert eyes[1, 1] > eyes[0, 1]
    else:
        still, turned = render((0, 0, 0)), render(angles)
        shift = (turned - still)[30] - (turned - still)[[36, 45]].mean(0)
        assert np.sign(shift[axis]) == sign
    assert np.argmax(np.abs(head_pose(render(angles)).angles)) == np.argmax(angles)
    assert max(head_pose(render(angles)).angles) > 15


def test_angles_are_those_of_scipy():
    rng = np.random.default_rng(0)
    for _ in range(20):
        rotation = Rotation.from_quat(rng.normal(size=4))
        pose = HeadPose(rotation.as_matrix(), np.zeros(3), np.zeros(2), 1.0)
        expected = rotation.as_euler("XYZ", degrees=True)
        np.testing.assert_allclose(pose.angles, expected, atol=1e-6)


def test_frontal_takes_the_pose_away():
    smiling = face_model()
    smiling[[48, 54]] += [[-6, -4, 0], [6, -4, 0]]
    for pose in POSES[:10]:
        landmarks = render(pose, model=smiling)
        frontal = head_pose(landmarks).frontal(landmarks)
        np.testing.assert_allclose(frontal, smiling[:, :2], atol=0.5)


def test_no_face_no_pose():
    assert head_pose(np.full((68, 2), np.nan)) is None
    assert head_pose(np.full((68, 2), 7.0)) is None
