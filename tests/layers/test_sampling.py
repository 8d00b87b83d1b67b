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


def test_reads_the_right_pixels_of_a_large_photo():
    # 24 million pixels: float32 counts to 16.7 million.
    height, width = 6000, 4000
    features = np.arange(height, dtype="float32")[None, :, None, None] % 7
    features = features + 8 * (np.arange(width, dtype="float32")[:, None] % 5)
    features = features.astype("float16")
    rng = np.random.default_rng(0)
    rows = rng.integers(height - 500, height, (1, 9, 9))
    columns = rng.integers(0, width, (1, 9, 9))
    x, y = columns.astype("float32"), rows.astype("float32")
    for padding in MODES:
        outputs = as_numpy(bilinear_sample(features, x, y, padding))
        np.testing.assert_array_equal(outputs, features[0, rows, columns])


def test_pixel_axes():
    x, y = pixel_axes(3, 5)
    assert x.shape == (1, 1, 5) and y.shape == (1, 3, 1)
    rows, columns = np.mgrid[:3, :5]
    np.testing.assert_array_equal(as_numpy(x + 0 * y)[0], columns)
    np.testing.assert_array_equal(as_numpy(y + 0 * x)[0], rows)
    assert as_numpy(x).dtype == as_numpy(y).dtype == "float32"
