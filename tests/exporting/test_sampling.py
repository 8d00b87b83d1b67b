"""The exports' forms of sampling give what the layers give."""

import numpy as np
import pytest
import tensorflow as tf

from aan_keras.exporting.sampling import (
    sample_in_litert,
    sample_in_tensorflow,
    warp_in_litert,
    warp_in_tensorflow,
)
from aan_keras.layers.flow_warp import warp
from aan_keras.layers.sampling import sample


def inputs(batch, channels, h=7, w=9):
    rng = np.random.default_rng(channels)
    features = rng.normal(size=(batch, h, w, channels)).astype("float32")
    x = rng.uniform(-4, w + 4, size=(batch, 11, 6)).astype("float32")
    y = rng.uniform(-4, h + 4, size=(batch, 11, 6)).astype("float32")
    # Whole pixels, exact borders, far outside.
    x[0, 0, :5], y[0, 0, :5] = [0, w - 1, -1, 3, 1e9], [0, h - 1, 2, h, -1e9]
    return features, x, y


@pytest.mark.parametrize("channels", [3, 24])
def test_tensorflow_sampling(channels):
    arrays = inputs(2, channels)
    found = sample_in_tensorflow(*arrays)
    np.testing.assert_allclose(found, sample(*arrays), atol=4e-6)


def test_tensorflow_sampling_of_one_map_at_the_places_of_several():
    features, x, y = inputs(3, 5)
    found = sample_in_tensorflow(features[:1], x, y)
    for row in range(3):
        wanted = sample(features[:1], x[row : row + 1], y[row : row + 1])
        np.testing.assert_allclose(found[row], wanted[0], atol=4e-6)


@pytest.mark.parametrize("side", [2, 64, 255, 256, 512])
def test_tensorflow_sampling_never_leaves_the_image(side):
    # Ever nearer to the last line and beyond it, where rounding could.
    edge = np.float32(side - 1)
    places = [edge, np.nextafter(edge, 0), np.nextafter(edge, 2 * edge), 1e30, -1e30]
    x, y = (np.array(v, "float32") for v in np.meshgrid(places, places))
    found = sample_in_tensorflow(
        np.ones((1, side, side, 1), "float32"), x[None], y[None]
    )
    np.testing.assert_allclose(found, 1.0, rtol=1e-6)


def test_tensorflow_sampling_refuses_places_that_are_no_numbers():
    features, x, y = inputs(1, 3)
    x[0, 2, 2] = np.nan
    with pytest.raises(tf.errors.InvalidArgumentError, match="not finite"):
        sample_in_tensorflow(features, x, y)


@pytest.mark.parametrize("channels", [3, 24])
def test_litert_sampling(channels):
    arrays = inputs(1, channels)
    found = sample_in_litert(*arrays)
    np.testing.assert_allclose(found, sample(*arrays), atol=2e-6)


@pytest.mark.parametrize("form", [sample_in_tensorflow, sample_in_litert])
def test_zero_padding_and_single_lines(form):
    arrays = inputs(1, 3)
    wanted = sample(*arrays, "zeros")
    np.testing.assert_array_equal(form(*arrays, "zeros"), wanted)
    arrays = inputs(1, 3, h=1)
    np.testing.assert_array_equal(form(*arrays), sample(*arrays))


@pytest.mark.parametrize("padding", ["border", "zeros"])
@pytest.mark.parametrize(
    "shape, flow_shape, size",
    [
        ((12, 12), (6, 6), (12, 12)),
        ((24, 24), (6, 6), (12, 12)),
        ((6, 6), (6, 6), (6, 6)),
        ((3, 3), (6, 6), (3, 3)),
        ((8, 12), (4, 3), (8, 12)),
    ],
)
def test_tensorflow_warp(padding, shape, flow_shape, size):
    rng = np.random.default_rng(0)
    features = rng.normal(size=(2, *shape, 5)).astype("float32")
    flow = rng.normal(scale=2, size=(2, *flow_shape, 2)).astype("float32")
    found = warp_in_tensorflow(features, tf.constant(flow), *size, padding)
    wanted = warp(features, tf.constant(flow), *size, padding)
    assert found.shape == (2, *size, 5)
    np.testing.assert_allclose(found, wanted, atol=2e-5)


def test_tensorflow_warp_of_one_map_by_several_flows():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(1, 12, 12, 5)).astype("float32")
    flow = tf.constant(rng.normal(scale=2, size=(3, 6, 6, 2)).astype("float32"))
    found = warp_in_tensorflow(features, flow, 12, 12, "border")
    for row in range(3):
        wanted = warp(features, flow[row : row + 1], 12, 12, "border")
        np.testing.assert_allclose(found[row], wanted[0], atol=2e-5)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_tensorflow_forms_leave_other_precisions_as_they_are(dtype):
    features, x, y = inputs(2, 3, h=8, w=8)
    features = tf.cast(features, dtype)
    found = sample_in_tensorflow(features, x, y)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, sample(features, x, y))
    flow = tf.random.stateless_normal((2, 8, 8, 2), (0, 1))
    found = warp_in_tensorflow(features, flow, 8, 8, "border")
    np.testing.assert_array_equal(found, warp(features, flow, 8, 8, "border"))


@pytest.mark.parametrize("channels", [3, 24])
@pytest.mark.parametrize("side, size", [(12, 12), (24, 12), (6, 12)])
def test_litert_warp(channels, side, size):
    rng = np.random.default_rng(0)
    features = rng.normal(size=(1, side, side, channels)).astype("float32")
    flow = tf.constant(rng.normal(scale=2, size=(1, 6, 6, 2)).astype("float32"))
    found = warp_in_litert(features, flow, size, size, "border")
    wanted = warp(features, flow, size, size, "border")
    assert found.shape == (1, size, size, channels)
    np.testing.assert_allclose(found, wanted, atol=2e-5)


@pytest.mark.parametrize("padding, shape", [("zeros", (8, 8)), ("border", (8, 6))])
def test_litert_warp_of_other_kinds(padding, shape):
    rng = np.random.default_rng(0)
    features = rng.normal(size=(1, *shape, 3)).astype("float32")
    flow = tf.constant(rng.normal(size=(1, *shape, 2)).astype("float32"))
    found = warp_in_litert(features, flow, *shape, padding)
    np.testing.assert_allclose(found, warp(features, flow, *shape, padding), atol=1e-6)
