import numpy as np
import pytest
from skimage.draw import ellipse

from aan_keras.layers.face_exposure import FaceExposure
from tests.layers.check_layer import as_numpy, check_layer


def image(seed=0, size=24):
    rng = np.random.default_rng(seed)
    return rng.uniform(-1, 1, (2, size, size + 4, 3)).astype("float32")


def landmarks(seed=0):
    points = np.random.default_rng(seed).uniform(4, 19, (2, 68, 2))
    return points.astype("float32")


def test_layer():
    check_layer(
        FaceExposure,
        {"target": 0.1, "gain": 0.5},
        [image(), landmarks()],
        (2, 1, 1, 1),
        fixed_inputs=(1,),
    )


def test_level_is_the_mean_within_the_ellipse_of_the_landmarks():
    images, points = image(), landmarks()
    levels = as_numpy(FaceExposure()(images, points))
    for level, one, face in zip(levels, images.astype("float64"), points):
        low, high = face.min(0).astype("float64"), face.max(0).astype("float64")
        (x, y), (rx, ry) = (low + high) / 2, (high - low) / 2
        inside = ellipse(y, x, ry, rx, shape=one.shape[:2])
        np.testing.assert_allclose(level.item(), one[inside].mean(), atol=1e-6)


def test_normalized_faces_are_as_bright_as_the_target():
    layer = FaceExposure(target=0.05, gain=0.7)
    images, points = image(), landmarks()
    normalized = as_numpy(layer.normalize(images, layer(images, points)))
    np.testing.assert_allclose(as_numpy(layer(normalized, points)), 0.05, atol=1e-6)
    contrast = np.ptp(normalized, axis=(1, 2)) / np.ptp(images, axis=(1, 2))
    np.testing.assert_allclose(contrast, 0.7, rtol=1e-5)


def test_restore_undoes_normalize():
    layer = FaceExposure()
    images = image()
    level = layer(images, landmarks())
    again = as_numpy(layer.restore(layer.normalize(images, level), level))
    np.testing.assert_allclose(again, images, atol=5e-7)


def test_a_face_outside_of_the_image_has_level_zero():
    level = as_numpy(FaceExposure()(image(), landmarks() + 100))
    np.testing.assert_array_equal(level, 0)


@pytest.mark.parametrize("gain", [0, -1.0])
def test_bad_gain(gain):
    with pytest.raises(ValueError, match=f"must be positive. Received: .*{gain}"):
        FaceExposure(gain=gain)
