import numpy as np
import pytest

from aan_keras.layers.up_block import UpBlock
from tests.layers.check_layer import as_numpy, check_layer, perturb
from tests.layers.float64_reference import conv_layer, depth_to_space, leaky_relu


def tensors():
    rng = np.random.default_rng(0)
    shapes = (2, 3, 4, 6), (2, 6, 8, 2)
    return [rng.normal(size=shape).astype("float32") for shape in shapes]


@pytest.mark.parametrize(
    "kwargs, non_trainable",
    [
        ({"filters": 5}, 4),
        ({"filters": 3, "spectral_norm": False, "expand_kernel_size": 1}, 0),
    ],
)
def test_layer(kwargs, non_trainable):
    shape = (2, 6, 8, kwargs["filters"])
    check_layer(UpBlock, kwargs, tensors(), shape, 4, non_trainable)


@pytest.mark.parametrize("spectral_norm", [True, False])
def test_equals_float64(spectral_norm):
    features, skip = tensors()
    layer = UpBlock(5, spectral_norm, negative_slope=0.1)
    layer(features, skip)
    perturb(layer)
    x = leaky_relu(depth_to_space(conv_layer(layer.expand, features), 2), 0.1)
    x = conv_layer(layer.join, np.concatenate([x, skip], -1))
    outputs = as_numpy(layer(features, skip))
    np.testing.assert_allclose(outputs, leaky_relu(x, 0.1), atol=1e-5)


def test_pointwise_expansion_is_unets_up_convolution():
    """Kernel 1 and the pixel shuffle are a 2x2 transposed convolution of stride 2."""
    features, skip = tensors()
    layer = UpBlock(5, spectral_norm=False, expand_kernel_size=1)
    layer(features, skip)
    perturb(layer)
    kernel, bias = (as_numpy(v.value) for v in layer.expand.weights)
    # TensorFlow's channel order: y[2i + r, 2j + c] = x[i, j] W[r, c].
    kernel, bias = kernel.reshape(6, 2, 2, 5), bias.reshape(2, 2, 5)
    x = np.einsum("bijk,krcf->birjcf", features, kernel, dtype="float64")
    x = x + bias[:, None]
    x = leaky_relu(x.reshape(2, 6, 8, 5), 0.2)
    x = conv_layer(layer.join, np.concatenate([x, skip], -1))
    outputs = as_numpy(layer(features, skip))
    np.testing.assert_allclose(outputs, leaky_relu(x, 0.2), atol=1e-5)


def test_bad_arguments_and_inputs():
    with pytest.raises(ValueError, match="`filters`.*Received: filters=0"):
        UpBlock(0)
    features, skip = tensors()
    with pytest.raises(ValueError, match="twice.*Received: shapes"):
        UpBlock(4)(features, skip[:, :5])
