import numpy as np
import pytest
from keras import ops
from scipy import ndimage

from aan_keras.layers.pull_push import pull_push
from tests.layers.check_layer import as_numpy


def picture(height, width, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(-1, 1, (2, height, width, 3)).astype("float32")


def halved(x):
    return (x[::2, ::2] + x[1::2, ::2] + x[::2, 1::2] + x[1::2, 1::2]) / 4


def doubled(x):
    """Bilinear, pixel centres at halves, the border repeated."""
    y, x_ = (np.arange(2 * n) / 2 - 0.25 for n in x.shape[:2])
    grid = np.meshgrid(y, x_, indexing="ij")
    return np.stack(
        [
            ndimage.map_coordinates(x[..., c], grid, order=1, mode="nearest")
            for c in range(x.shape[-1])
        ],
        axis=-1,
    )


def reference(image, weights):
    """One image in float64, by recursion instead of a list of levels."""

    def fill(colours, known):
        if colours.shape[0] % 2 or colours.shape[1] % 2:
            rest = colours.sum((0, 1)) / (known.sum() + 1e-4)
        else:
            coarse, certain = 8 * halved(colours), 8 * halved(known)
            share = np.minimum(1, 1 / np.maximum(certain, 1e-12))
            rest = doubled(fill(coarse * share, certain * share))
        return colours + (1 - known) * rest

    image, weights = image.astype("float64"), weights.astype("float64")
    return fill(image * weights, weights)


@pytest.mark.parametrize("shape", [(16, 16), (24, 40), (6, 10), (5, 8)])
def test_equals_the_recursion_in_float64(shape):
    images = picture(*shape)
    rng = np.random.default_rng(1)
    weights = rng.uniform(size=(2, *shape, 1)) ** 4
    weights[:, 1 : shape[0] - 1, 1 : shape[1] // 2] = 0
    weights = weights.astype("float32")
    filled = as_numpy(pull_push(*map(ops.convert_to_tensor, (images, weights))))
    for found, image, known in zip(filled, images, weights):
        np.testing.assert_allclose(found, reference(image, known), atol=2e-6)


def test_what_is_known_stays_and_holes_take_their_surroundings():
    images = picture(32, 32)
    images[:, :, :16], images[:, :, 16:] = 0.5, -0.25
    weights = np.ones((2, 32, 32, 1), "float32")
    weights[:, 6:26, 2:12] = 0
    broken = np.where(weights == 0, 9.0, images).astype("float32")
    filled = as_numpy(pull_push(*map(ops.convert_to_tensor, (broken, weights))))
    known = np.broadcast_to(weights == 1, filled.shape)
    np.testing.assert_allclose(filled[known], images[known], atol=1e-6)
    # Left of the edge between the colours, and away from it.
    np.testing.assert_allclose(filled[:, 6:26, 2:6], 0.5, atol=0.12)
    assert filled.max() <= 0.5 + 1e-5 and filled.min() >= -0.25 - 1e-5


def test_nothing_known_is_no_nan():
    nothing = np.zeros((2, 8, 8, 1), "float32")
    filled = as_numpy(pull_push(*map(ops.convert_to_tensor, (picture(8, 8), nothing))))
    np.testing.assert_array_equal(filled, 0)
