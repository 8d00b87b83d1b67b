import keras
import numpy as np
import pytest
from keras import ops

from aan_keras.layers.resize_like import resize_like
from tests.layers.check_layer import as_numpy


def images():
    return np.random.default_rng(0).normal(size=(2, 6, 9, 3)).astype("float32")


def test_equal_sizes_change_nothing():
    x = ops.convert_to_tensor(images())
    assert resize_like(x, x[..., :1]) is x


@pytest.mark.requires_tensorflow
@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
@pytest.mark.parametrize("size", [(6, 9), (12, 18), (3, 4), (13, 5)])
def test_unknown_sizes_give_what_known_ones_do(interpolation, size):
    import tensorflow as tf

    features = np.zeros((2, *size, 1), "float32")
    expected = as_numpy(resize_like(images(), features, interpolation))
    resized = keras.ops.image.resize(images(), size, interpolation=interpolation)
    np.testing.assert_array_equal(expected, as_numpy(resized))
    for height, width in [(None, None), (6, 9)]:
        graph = tf.function(
            lambda x, y: resize_like(x, y, interpolation),
            input_signature=[
                tf.TensorSpec((None, height, width, 3)),
                tf.TensorSpec((None, None, None, 1)),
            ],
        )
        np.testing.assert_allclose(graph(images(), features), expected, atol=1e-6)
