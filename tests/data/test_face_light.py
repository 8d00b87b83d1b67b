import numpy as np
import pytest
from scipy.interpolate import RBFInterpolator
from scipy.spatial.transform import Rotation

from aan_keras.data import MIRROR_PERMUTATION
from aan_keras.data.face_light import light_face
from aan_keras.faces.face_model import face_model
from tests.evaluation.rendered_face import render

SIZE = 128
# Cheeks, nose and lips: surrounded by other points of the face.
INNER = [2, 3, 13, 14, 28, 29, 30, 31, 35, 48, 51, 54, 57]


def landmarks(angles=(0, 0, 0)):
    return render(angles, distance=np.inf, size=SIZE, centre=(64, 60))


def gain(points, direction, ambient):
    """Brightness after over before, on grey, as light: not gamma-encoded."""
    grey = np.full((SIZE, SIZE, 3), -0.2, "float32")
    lit = light_face(grey, points, direction, np.broadcast_to(ambient, 3))
    assert lit.dtype == np.float32 and lit.shape == grey.shape
    return ((lit + 1) / (grey + 1)).astype("float64") ** 2.2


def at(image, points):
    x, y = np.round(points).astype(int).T
    return image[y, x, 0]


def unit(*vector):
    return np.array(vector) / np.linalg.norm(vector)


def surface_normals():
    """Of a smooth surface through the mean face's points, by differences."""
    model = face_model()
    depth = RBFInterpolator(model[:, :2], model[:, 2], smoothing=20.0)
    slope = [
        (depth(model[:, :2] + step) - depth(model[:, :2] - step)) / 4.0
        for step in ([2.0, 0.0], [0.0, 2.0])
    ]
    normals = np.stack([*slope, -np.ones(68)], 1)
    return normals / np.linalg.norm(normals, axis=1, keepdims=True)


@pytest.mark.parametrize("yaw", [-25, 0, 25])
@pytest.mark.parametrize("direction", [unit(1, 0, 0.5), unit(-1, 0.5, 1)])
def test_follows_lambert_on_the_turned_face(yaw, direction):
    points = landmarks((0, yaw, 0))
    turn = Rotation.from_euler("XYZ", (0, yaw, 0), degrees=True).as_matrix()
    towards = np.maximum(-(surface_normals() @ turn.T) @ direction, 0)
    expected = 0.3 + 0.7 * towards
    measured = at(gain(points, direction, 0.3), points)
    correlation = np.corrcoef(measured[INNER], expected[INNER])[0, 1]
    # The field is smooth, and points near the outline see their neighbours.
    assert correlation > 0.8
    assert np.ptp(measured[INNER]) > 0.5 * np.ptp(expected[INNER])


def test_a_lamp_at_the_camera_leaves_a_frontal_face_as_bright():
    points = landmarks()
    assert abs(at(gain(points, unit(0, 0, 1), 0.5), points[17:]).mean() - 1) < 0.1


def test_turning_away_darkens():
    lamp = unit(1, 0, 0.3)  # stands at the left of the image
    brightness = []
    for yaw in (-30, 0, 30):
        points = landmarks((0, yaw, 0))
        brightness.append(at(gain(points, lamp, 0.3), points[27:36]).mean())
    order = np.argsort(brightness)
    assert order[1] == 1 and np.ptp(brightness) > 0.3


def test_mirrored_lamp_mirrors_the_light():
    left = gain(landmarks(), unit(1, 0.2, 0.5), 0.4)
    points = landmarks() * [-1, 1] + [SIZE - 1, 0]
    right = gain(points[MIRROR_PERMUTATION], unit(-1, 0.2, 0.5), 0.4)
    np.testing.assert_allclose(right[:, ::-1], left, atol=0.06)


def test_no_lamp_and_no_pose_are_no_change():
    image = np.random.default_rng(0).uniform(-1, 1, (SIZE, SIZE, 3)).astype("float32")
    same = light_face(image, landmarks(), unit(1, 0, 1), np.ones(3))
    np.testing.assert_allclose(same, image, atol=1e-6)
    nowhere = np.full((68, 2), 64.0)
    assert light_face(image, nowhere, unit(1, 0, 1), np.full(3, 0.3)) is image


def test_each_channel_has_its_share_and_the_background_stays():
    lamp = unit(1, 0, 0.2)
    grey = np.full((SIZE, SIZE, 3), -0.2, "float32")
    lit = light_face(grey, landmarks(), lamp, np.array([0.2, 0.5, 1.0]))
    np.testing.assert_allclose(lit[..., 2], -0.2, atol=1e-5)
    face = landmarks()[14]
    x, y = np.round(face + [-6, 0]).astype(int)  # in shadow
    assert lit[y, x, 0] < lit[y, x, 1] < -0.25
    for edge in (np.s_[-4:], np.s_[:, :4], np.s_[:, -4:]):
        np.testing.assert_allclose(lit[edge], grey[edge], atol=1e-3)
