import numpy as np
import pytest
from skimage.draw import ellipse

from aan_keras.layers.face_ellipse import face_ellipse, soft_face_ellipse
from tests.layers.check_layer import as_numpy

HEIGHT, WIDTH = 24, 29


def faces():
    return np.random.default_rng(0).uniform(6, 21, (3, 68, 2)).astype("float32")


@pytest.mark.parametrize("above", [0.0, 0.3])
def test_mask_is_the_drawn_ellipse(above):
    masks = as_numpy(face_ellipse(faces(), HEIGHT, WIDTH, above))
    assert masks.dtype == np.float32 and masks.shape == (3, HEIGHT, WIDTH, 1)
    for mask, face in zip(masks, faces().astype("float64")):
        low, high = face.min(0), face.max(0)
        low[1] -= above * (high[1] - low[1])
        (x, y), (rx, ry) = (low + high) / 2, (high - low) / 2
        drawn = np.zeros((HEIGHT, WIDTH))
        drawn[ellipse(y, x, ry, rx, shape=drawn.shape)] = 1
        np.testing.assert_array_equal(mask[..., 0], drawn)
        assert 0 < drawn.mean() < 1


def test_face_outside_the_image_has_no_pixel():
    assert as_numpy(face_ellipse(faces() + 1000.0, HEIGHT, WIDTH)).max() == 0.0


@pytest.mark.parametrize("reach", [1.0, 1.5])
def test_soft_mask(reach):
    masks = as_numpy(soft_face_ellipse(faces(), HEIGHT, reach))
    assert masks.dtype == np.float32 and masks.shape == (3, HEIGHT, HEIGHT, 1)
    y, x = np.mgrid[:HEIGHT, :HEIGHT].astype("float64")
    for mask, face in zip(masks, faces().astype("float64")):
        low, high = face.min(0), face.max(0)
        (cx, cy), (rx, ry) = (low + high) / 2, reach * (high - low) / 2
        squared = ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2
        expected = 1 / (1 + np.exp(6 * (squared - 1)))
        np.testing.assert_allclose(mask[..., 0], expected, atol=1e-5)
