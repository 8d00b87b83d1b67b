import numpy as np
import pytest

from aan_keras.layers.residual_block import ResidualBlock
from tests.layers.check_layer import as_numpy, check_layer, perturb, run
from tests.layers.float64_reference import conv_layer, leaky_relu

SHAPE = (2, 6, 5, 4)


def features():
    return np.random.default_rng(0).normal(size=SHAPE).astype("float32")


@pytest.mark.parametrize(
    "kwargs, trainable, non_trainable",
    [
        ({"filters": 4}, 4, 4),
        ({"filters": 6, "negative_slope": 0.1}, 6, 6),
        ({"filters": 6, "spectral_norm": False}, 6, 0),
    ],
)
def test_layer(kwargs, trainable, non_trainable):
    shape = (*SHAPE[:-1], kwargs["filters"])
    inputs = [features()]
    check_layer(ResidualBlock, kwargs, inputs, shape, trainable, non_trainable)


@pytest.mark.parametrize("filters", [4, 6])
@pytest.mark.parametrize("spectral_norm", [True, False])
def test_equals_float64(filters, spectral_norm):
    x = features()
    layer = ResidualBlock(filters, spectral_norm, negative_slope=0.3)
    layer(x)
    perturb(layer)
    hidden = conv_layer(layer.conv_1, leaky_relu(x, 0.3))
    expected = conv_layer(layer.conv_2, leaky_relu(hidden, 0.3))
    expected = expected + (x if filters == 4 else conv_layer(layer.shortcut, x))
    np.testing.assert_allclose(as_numpy(layer(x)), expected, atol=1e-5)


def test_training_reaches_the_spectral_vectors():
    x = features()
    layer = ResidualBlock(6)
    layer(x)
    before = [as_numpy(conv.u) for conv in (layer.conv_1, layer.conv_2, layer.shortcut)]
    perturb(layer)
    run(layer, [x], training=True)
    for conv, u in zip((layer.conv_1, layer.conv_2, layer.shortcut), before):
        assert np.linalg.norm(as_numpy(conv.u)) == pytest.approx(1, abs=1e-5)
        assert np.abs(as_numpy(conv.u) - u).max() > 1e-4


def test_bad_filters():
    with pytest.raises(ValueError, match="`filters`.*Received: filters=0"):
        ResidualBlock(0)
