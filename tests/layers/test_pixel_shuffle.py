import numpy as np
import pytest

from aan_keras.layers.pixel_shuffle import PixelShuffle
from tests.layers import float64_reference
from tests.layers.check_layer import as_numpy, check_layer


def image(channels=12):
    return np.random.default_rng(0).normal(size=(2, 3, 5, channels)).astype("float32")


@pytest.mark.parametrize(
    "kwargs, shape, expected",
    [
        ({}, (2, 3, 5, 12), (2, 6, 10, 3)),
        ({"scale": 3}, (2, 3, 5, 18), (2, 9, 15, 2)),
        ({"scale": 1}, (2, 3, 5, 4), (2, 3, 5, 4)),
        ({"data_format": "channels_first"}, (2, 12, 3, 5), (2, 3, 6, 10)),
    ],
)
def test_layer(kwargs, shape, expected):
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    check_layer(PixelShuffle, kwargs, [x], expected)


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_channel_order(scale):
    x = image(2 * scale**2)
    expected = float64_reference.depth_to_space(x, scale)
    np.testing.assert_array_equal(as_numpy(PixelShuffle(scale)(x)), expected)


def test_channels_first_is_the_same_operation():
    x = image()
    expected = as_numpy(PixelShuffle(2)(x)).transpose(0, 3, 1, 2)
    layer = PixelShuffle(2, data_format="channels_first")
    outputs = as_numpy(layer(x.transpose(0, 3, 1, 2)))
    np.testing.assert_array_equal(outputs, expected)


@pytest.mark.requires_tensorflow
@pytest.mark.parametrize("scale", [2, 3])
def test_equals_depth_to_space(scale):
    import tensorflow as tf

    x = image(18 if scale == 3 else 12)
    expected = tf.nn.depth_to_space(x, scale).numpy()
    np.testing.assert_array_equal(as_numpy(PixelShuffle(scale)(x)), expected)


def test_pytorch_kernels_port_by_the_documented_permutation():
    # PyTorch reads channel (c * scale + dy) * scale + dx.
    scale, channels = 2, 3
    x = image()
    theirs = x.reshape(2, 3, 5, channels, scale, scale)
    expected = theirs.transpose(0, 1, 4, 2, 5, 3).reshape(2, 6, 10, channels)
    ours = theirs.transpose(0, 1, 2, 4, 5, 3).reshape(x.shape)
    np.testing.assert_array_equal(as_numpy(PixelShuffle(scale)(ours)), expected)


@pytest.mark.parametrize("scale", [0, -1, 1.5, None, "2"])
def test_bad_scale(scale):
    with pytest.raises(ValueError, match=f"`scale`.*Received: scale={scale}"):
        PixelShuffle(scale)


def test_bad_data_format():
    with pytest.raises(ValueError, match="`data_format`.*Received: data_format=NHWC"):
        PixelShuffle(data_format="NHWC")


@pytest.mark.parametrize("shape", [(2, 3, 5, 6), (2, 3, 5), (2, 3, 5, None)])
def test_bad_inputs(shape):
    with pytest.raises(ValueError, match="Received: input_shape="):
        PixelShuffle(2).build(shape)
