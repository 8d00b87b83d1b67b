import numpy as np
import pytest

from aan_keras.layers.fusion_block import FusionBlock
from tests.layers.check_layer import as_numpy, check_layer, perturb, run
from tests.layers.float64_reference import (
    conv_layer,
    depth_to_space,
    leaky_relu,
    normalize,
    resize_bilinear,
)


def tensors(filters=4, local_size=(12, 8), spade=False):
    rng = np.random.default_rng(0)
    shapes = [(2, 6, 4, 5), (2, *local_size, 3)]
    shapes += [(2, 9, 9, 2)] if spade else [(2, 6, 4, filters)] * 2
    return [rng.normal(size=shape).astype("float32") for shape in shapes]


@pytest.mark.parametrize(
    "kwargs, expected, trainable, non_trainable",
    [
        ({"filters": 4}, (2, 12, 8, 4), 5, 8),
        (
            {"filters": 4, "output_filters": 3, "scale": 1, "statistics": "instance"},
            (2, 6, 4, 3),
            5,
            6,
        ),
        ({"filters": 4, "spectral_norm": False, "scale": 3}, (2, 18, 12, 4), 5, 2),
    ],
)
def test_layer(kwargs, expected, trainable, non_trainable):
    check_layer(FusionBlock, kwargs, tensors(), expected, trainable, non_trainable)


def test_spade_layer():
    kwargs = {"filters": 4, "adaptive_norm": "spade", "negative_slope": 0.1}
    inputs = tensors(spade=True)
    check_layer(FusionBlock, kwargs, inputs, (2, 12, 8, 4), 11, 8)


@pytest.mark.parametrize("local_size", [(6, 4), (12, 8), (3, 5)])
@pytest.mark.parametrize("scale", [1, 2])
def test_equals_float64(scale, local_size):
    features, local_image, gamma, beta = inputs = tensors(local_size=local_size)
    layer = FusionBlock(4, output_filters=3, scale=scale, negative_slope=0.1)
    layer(*inputs)
    perturb(layer)
    outputs = as_numpy(layer(*inputs))
    joined = np.concatenate([features, resize_bilinear(local_image, 6, 4)], -1)
    x = normalize(
        conv_layer(layer.conv_1, joined),
        None,
        mean=as_numpy(layer.norm.moving_mean),
        variance=as_numpy(layer.norm.moving_variance),
    )
    x = conv_layer(layer.conv_2, leaky_relu(gamma * x + beta, 0.1))
    x = depth_to_space(x + conv_layer(layer.shortcut, joined), scale)
    np.testing.assert_allclose(outputs, x, atol=2e-5)


@pytest.mark.parametrize("adaptive_norm", ["aan", "spade"])
def test_training_reaches_every_part(adaptive_norm):
    inputs = tensors(spade=adaptive_norm == "spade")
    layer = FusionBlock(4, adaptive_norm=adaptive_norm)
    layer(*inputs)
    perturb(layer)
    before = [as_numpy(weight) for weight in layer.non_trainable_weights]
    run(layer, inputs, training=True)
    for weight, old in zip(layer.non_trainable_weights, before, strict=True):
        assert np.abs(as_numpy(weight) - old).max() > 1e-5, weight.path


@pytest.mark.parametrize(
    "kwargs, message",
    [
        ({"filters": 0}, "Received: filters=0"),
        ({"filters": 4, "scale": 0}, "scale=0"),
        ({"filters": 4, "adaptive_norm": "adain"}, "Received: adaptive_norm=adain"),
        ({"filters": 4, "statistics": "layer"}, "Received: statistics=layer"),
    ],
)
def test_bad_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        FusionBlock(**kwargs)


def test_gamma_must_fit_the_filters():
    with pytest.raises(ValueError, match="`gamma`.*Received: gamma_shape="):
        FusionBlock(6)(*tensors(filters=4))
