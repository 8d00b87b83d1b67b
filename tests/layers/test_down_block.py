import numpy as np
import pytest

from aan_keras.layers.down_block import DownBlock
from tests.layers.check_layer import as_numpy, check_layer, perturb
from tests.layers.float64_reference import conv_layer, leaky_relu


def features(height=6, width=8):
    shape = (2, height, width, 4)
    return np.random.default_rng(0).normal(size=shape).astype("float32")


@pytest.mark.parametrize(
    "kwargs, size, expected, non_trainable",
    [
        ({"filters": 5}, (6, 8), (2, 3, 4, 5), 2),
        ({"filters": 5, "negative_slope": 0.0}, (5, 7), (2, 3, 4, 5), 2),
        ({"filters": 3, "spectral_norm": False}, (6, 8), (2, 3, 4, 3), 0),
    ],
)
def test_layer(kwargs, size, expected, non_trainable):
    check_layer(DownBlock, kwargs, [features(*size)], expected, 2, non_trainable)


@pytest.mark.parametrize("size", [(6, 8), (5, 7)])
def test_equals_float64(size):
    x = features(*size)
    layer = DownBlock(5, negative_slope=0.1)
    layer(x)
    perturb(layer)
    expected = leaky_relu(conv_layer(layer.conv, x, strides=2), 0.1)
    np.testing.assert_allclose(as_numpy(layer(x)), expected, atol=1e-5)


def test_bad_filters():
    with pytest.raises(ValueError, match="`filters`.*Received: filters=-1"):
        DownBlock(-1)
