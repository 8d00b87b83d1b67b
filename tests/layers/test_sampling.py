import numpy as np
import pytest
from scipy import ndimage

from aan_keras.layers.sampling import bilinear_sample, pixel_axes
from tests.layers.check_layer import as_numpy

# grid-constant also mixes border pixels with the zeros beside them.
MODES = {"border": "nearest", "zeros": "grid-constant"}


@pytest.mark.parametrize("padding", MODES)
def test_equals_scipy(padding):
    rng = np.random.default_rng(0)
    features = rng.normal(size=(2, 7, 9, 3)).astype("float32")
    x = rng.uniform(-4, 13, size=(2, 11, 6)).astype("float32")
    y = rng.uniform(-4, 11, size=(2, 11, 6)).astype("float32")
    # Whole pixels, exact borders, far outside.
    x[0, 0, :4], y[0, 0, :4] = [0, 8, -1, 3], [0, 6, 2, 7]
    x[1, 0, 0], y[1, 0, 1] = 1e9, -1e9
    expected = np.zeros((2, 11, 6, 3))
    for b, c in np.ndindex(2, 3):
        expected[b, :, :, c] = ndimage.map_coordinates(
            features[b, :, :, c].astype("float64"),
            [np.clip(y[b], -50, 50), np.clip(x[b], -50, 50)],
            order=1,
            mode=MODES[padding],
        )
    outputs = as_numpy(bilinear_sample(features, x, y, padding))
    np.testing.assert_allclose(outputs, expected, atol=5e-6)


def test_pixel_axes():
    x, y = pixel_axes(3, 5)
    assert x.shape == (1, 1, 5) and y.shape == (1, 3, 1)
    rows, columns = np.mgrid[:3, :5]
    np.testing.assert_array_equal(as_numpy(x + 0 * y)[0], columns)
    np.testing.assert_array_equal(as_numpy(y + 0 * x)[0], rows)
    assert as_numpy(x).dtype == as_numpy(y).dtype == "float32"
