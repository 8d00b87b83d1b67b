import numpy as np
import pytest
from scipy import ndimage

from aan_keras.layers.unsharp_mask import UnsharpMask
from tests.layers.check_layer import as_numpy, check_layer


def image(height=6, width=9, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(2, height, width, 3)).astype("float32")


def test_layer():
    arguments = {"amount": 0.2, "sigma": 0.8}
    check_layer(UnsharpMask, arguments, [image()], (2, 6, 9, 3))


@pytest.mark.parametrize("sigma", [0.5, 0.7, 1.0])
def test_equals_scipy(sigma):
    images = image()
    blurred = ndimage.gaussian_filter(
        images.astype("float64"),
        (0, sigma, sigma, 0),
        radius=(0, 1, 1, 0),
        mode="nearest",
    )
    expected = images + 0.3 * (images - blurred)
    result = as_numpy(UnsharpMask(0.3, sigma)(images))
    np.testing.assert_allclose(result, expected, atol=2e-6)


def test_flat_images_stay_and_edges_overshoot():
    flat = np.full((1, 5, 5, 1), 0.37, "float32")
    np.testing.assert_allclose(as_numpy(UnsharpMask(0.5)(flat)), flat, atol=1e-6)
    edge = np.zeros((1, 5, 6, 1), "float32")
    edge[:, :, 3:] = 1
    row = as_numpy(UnsharpMask(0.5)(edge))[0, 2, :, 0]
    assert row[2] < 0 and row[3] > 1
    np.testing.assert_allclose(row[[0, 1, 4, 5]], [0, 0, 1, 1], atol=1e-6)


@pytest.mark.parametrize(
    "arguments", [{"amount": -0.1}, {"amount": float("nan")}, {"amount": 1, "sigma": 0}]
)
def test_refused(arguments):
    with pytest.raises(ValueError, match="`amount` must not be negative"):
        UnsharpMask(**arguments)
