import numpy as np
import pytest
from scipy import ndimage

from aan_keras.layers.cubic_upsampling import CubicUpsampling
from tests.layers.check_layer import as_numpy, check_layer


def image(height=6, width=8, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(2, height, width, 3)).astype("float32")


def test_layer():
    check_layer(CubicUpsampling, {}, [image()], (2, 12, 16, 3))


def keys(distance):
    """Keys' kernel, a = -1/2 (1981, Eq. 15)."""
    d = np.abs(distance)
    near = 1.5 * d**3 - 2.5 * d**2 + 1
    far = -0.5 * d**3 + 2.5 * d**2 - 4 * d + 2
    return np.where(d < 1, near, np.where(d < 2, far, 0.0))


def matrix(size):
    """Row i: weights of the mirrored line's pixels for output pixel i, in float64."""
    places = (np.arange(2 * size) + 0.5) / 2 - 0.5
    taps = keys(places[:, None] - np.arange(-2, size + 2))
    folded = np.zeros((2 * size, size))
    for column, pixel in enumerate(range(-2, size + 2)):
        mirrored = -1 - pixel if pixel < 0 else min(pixel, 2 * size - 1 - pixel)
        folded[:, mirrored] += taps[:, column]
    return folded


@pytest.mark.parametrize("height, width", [(6, 8), (2, 5)])
def test_equals_keys_formula(height, width):
    images = image(height, width)
    expected = np.einsum(
        "ih,jw,bhwc->bijc", matrix(height), matrix(width), images.astype("float64")
    )
    np.testing.assert_allclose(as_numpy(CubicUpsampling()(images)), expected, atol=2e-6)


def test_a_fine_wave_keeps_more_of_its_height_than_bilinearly():
    x = np.arange(32)
    wave = np.broadcast_to(np.cos(2 * np.pi * x / 4), (32, 32)).astype("float32")
    doubled = as_numpy(CubicUpsampling()(wave[None, ..., None]))[0, ..., 0]
    places = np.mgrid[:64, :64] / 2 - 0.25
    bilinear = ndimage.map_coordinates(wave, places, order=1, mode="mirror")
    inner = np.s_[8:-8, 8:-8]
    assert doubled[inner].std() > 1.1 * bilinear[inner].std()
