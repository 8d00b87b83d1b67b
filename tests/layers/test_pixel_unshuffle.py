import keras
import numpy as np
import pytest

from aan_keras.layers.pixel_shuffle import PixelShuffle
from aan_keras.layers.pixel_unshuffle import PixelUnshuffle
from tests.layers.check_layer import as_numpy, check_layer


def image(height=6, width=12, channels=3):
    shape = (2, height, width, channels)
    return np.random.default_rng(0).normal(size=shape).astype("float32")


@pytest.mark.parametrize(
    "scale, expected",
    [(1, (2, 6, 12, 3)), (2, (2, 3, 6, 12)), (3, (2, 2, 4, 27))],
)
def test_layer(scale, expected):
    check_layer(PixelUnshuffle, {"scale": scale}, [image()], expected)


@pytest.mark.parametrize("scale", [2, 3])
def test_is_the_inverse_of_pixel_shuffle(scale):
    x = image()
    back = PixelShuffle(scale)(PixelUnshuffle(scale)(x))
    np.testing.assert_array_equal(as_numpy(back), x)


@pytest.mark.requires_tensorflow
def test_equals_space_to_depth():
    import tensorflow as tf

    expected = tf.nn.space_to_depth(image(), 2).numpy()
    np.testing.assert_array_equal(as_numpy(PixelUnshuffle(2)(image())), expected)


@pytest.mark.parametrize("scale", [0, 1.5, None])
def test_bad_scale(scale):
    with pytest.raises(ValueError, match=f"`scale`.*Received: scale={scale}"):
        PixelUnshuffle(scale)


@pytest.mark.parametrize("shape", [(2, 7, 8, 3), (2, 8, 7, 3)])
def test_size_must_be_divisible(shape):
    with pytest.raises(ValueError, match="divisible.*Received: input_shape="):
        PixelUnshuffle(2)(np.zeros(shape, "float32"))


@pytest.mark.parametrize("shape", [(8, 9, 8, 3), (8, 8, 9, 3)])
def test_a_built_layer_mixes_no_images(shape):
    layer = PixelUnshuffle(2)
    layer(image(8, 8))
    with pytest.raises(ValueError, match="divisible.*Received: input_shape="):
        layer(np.zeros(shape, "float32"))
    pixels = keras.Input((None, None, 3))
    model = keras.Model(pixels, PixelUnshuffle(2)(pixels))
    assert model(image(8, 10)).shape == (2, 4, 5, 12)
    with pytest.raises(ValueError, match="divisible.*Received: input_shape="):
        model(np.zeros(shape, "float32"))


@pytest.mark.requires_tensorflow
@pytest.mark.parametrize("shape", [(8, 9, 8, 3), (8, 8, 9, 3)])
def test_sizes_unknown_to_the_graph_mix_no_images(shape):
    import tensorflow as tf

    spec = tf.TensorSpec((None, None, None, 3))
    graph = tf.function(PixelUnshuffle(2), input_signature=[spec])
    expected = tf.nn.space_to_depth(image(), 2)
    np.testing.assert_array_equal(graph(image()), expected)
    with pytest.raises(tf.errors.InvalidArgumentError):
        graph(tf.zeros(shape))
