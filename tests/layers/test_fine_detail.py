import numpy as np
import pytest
from scipy import ndimage

from aan_keras.layers.fine_detail import FineDetail
from tests.layers.check_layer import as_numpy, check_layer


def image(height=9, width=12, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(2, height, width, 3)).astype("float32")


def test_layer():
    check_layer(FineDetail, {"amount": 0.3, "size": 3}, [image()], (2, 9, 12, 3))


@pytest.mark.parametrize("amount, size", [(0.0, 3), (0.4, 5), (1.6, 3)])
def test_formula_in_float64(amount, size):
    """Means of what lies within the image."""
    images = image().astype("float64")
    window = (1, size, size, 1)

    def mean(x):
        total = ndimage.convolve(x, np.ones(window), mode="constant")
        count = ndimage.convolve(np.ones_like(x), np.ones(window), mode="constant")
        return total / count

    coarse = mean(mean(images))
    expected = coarse + amount * (images - coarse)
    result = as_numpy(FineDetail(amount, size)(images.astype("float32")))
    np.testing.assert_allclose(result, expected, atol=2e-6)


@pytest.mark.parametrize("size", [3, 5, 9])
def test_it_is_close_to_a_gaussian(size):
    impulse = np.zeros((1, 41, 41, 1), "float32")
    impulse[0, 20, 20] = 1
    coarse = as_numpy(FineDetail(0.0, size)(impulse))[0, ..., 0]
    place = np.arange(41) - 20
    variance = (size**2 - 1) / 6
    assert (coarse.sum(0) * place**2).sum() == pytest.approx(variance, rel=1e-4)
    sigma = variance**0.5
    gaussian = ndimage.gaussian_filter(impulse[0, ..., 0].astype("float64"), sigma)
    assert np.abs(coarse - gaussian).max() < 0.2 * gaussian.max()


def test_flat_images_and_an_amount_of_one_change_nothing():
    flat = np.full((1, 7, 7, 1), 0.37, "float32")
    np.testing.assert_allclose(as_numpy(FineDetail(0.2, 5)(flat)), flat, atol=1e-6)
    np.testing.assert_allclose(
        as_numpy(FineDetail(1.0, 5)(image())), image(), atol=1e-6
    )


@pytest.mark.parametrize("size", [0, 2, -3])
def test_bad_size(size):
    with pytest.raises(ValueError, match=f"odd and positive. Received: size={size}"):
        FineDetail(0.5, size)
