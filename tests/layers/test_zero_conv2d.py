import numpy as np
import pytest

from aan_keras.layers.zero_conv2d import ZeroConv2D
from tests.layers.check_layer import as_numpy, check_layer, gradients, perturb
from tests.layers.float64_reference import conv_layer

SHAPE = (2, 6, 5, 4)


def features():
    return np.random.default_rng(0).normal(size=SHAPE).astype("float32")


@pytest.mark.parametrize(
    "kwargs, trainable, non_trainable",
    [
        ({"filters": 3}, 3, 2),
        ({"filters": 2, "kernel_size": 7}, 3, 2),
        ({"filters": 3, "kernel_size": 1, "spectral_norm": False}, 2, 0),
    ],
)
def test_layer(kwargs, trainable, non_trainable):
    shape = (*SHAPE[:-1], kwargs["filters"])
    inputs = [features()]
    check_layer(ZeroConv2D, kwargs, inputs, shape, trainable, non_trainable)


@pytest.mark.parametrize("spectral_norm", [True, False])
def test_starts_at_zero_and_leaves_it(spectral_norm):
    x = features()
    layer = ZeroConv2D(3, spectral_norm=spectral_norm)
    np.testing.assert_array_equal(as_numpy(layer(x)), np.zeros((2, 6, 5, 3)))
    weights, _ = gradients(layer, [x])
    first = layer.gain if spectral_norm else layer.conv.kernel
    slopes = dict(zip([w.path for w in layer.trainable_weights], weights))
    assert np.abs(as_numpy(slopes[first.path])).min() > 0


@pytest.mark.parametrize("spectral_norm", [True, False])
def test_equals_float64(spectral_norm):
    x = features()
    layer = ZeroConv2D(3, 5, spectral_norm)
    layer(x)
    perturb(layer)
    expected = conv_layer(layer.conv, x)
    if spectral_norm:
        expected = expected * as_numpy(layer.gain)
    np.testing.assert_allclose(as_numpy(layer(x)), expected, atol=1e-5)


def test_bad_filters():
    with pytest.raises(ValueError, match="`filters`.*Received: filters=0"):
        ZeroConv2D(0)
