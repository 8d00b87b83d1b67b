import keras
import numpy as np
import pytest

from aan_keras.layers.spatially_adaptive_norm import SpatiallyAdaptiveNorm
from tests.layers import float64_reference
from tests.layers.check_layer import as_numpy, check_layer, perturb

SHAPE = (2, 6, 4, 5)


def tensors(condition_size=(12, 8), seed=0):
    rng = np.random.default_rng(seed)
    features = 3.0 + 2.0 * rng.normal(size=SHAPE)
    condition = rng.normal(size=(2, *condition_size, 3))
    return [x.astype("float32") for x in (features, condition)]


@pytest.mark.parametrize(
    "kwargs, condition_size, non_trainable",
    [
        ({"hidden_filters": 7}, (12, 8), 2),
        ({"hidden_filters": 4, "statistics": "instance"}, (6, 4), 0),
        ({"hidden_filters": 4, "interpolation": "nearest"}, (3, 2), 2),
        ({"hidden_filters": 4, "kernel_size": (1, 3), "momentum": 0.5}, (5, 9), 2),
    ],
)
def test_layer(kwargs, condition_size, non_trainable):
    inputs = tensors(condition_size)
    check_layer(SpatiallyAdaptiveNorm, kwargs, inputs, SHAPE, 6, non_trainable)


def reference(layer, features, condition, normalized):
    hidden = np.maximum(float64_reference.conv_layer(layer.shared, condition), 0)
    gamma = float64_reference.conv_layer(layer.gamma, hidden)
    beta = float64_reference.conv_layer(layer.beta, hidden)
    return normalized * (1 + gamma) + beta


@pytest.mark.parametrize("condition_size", [(6, 4), (12, 8), (3, 4), (17, 5)])
@pytest.mark.parametrize(
    "statistics, axes", [("batch", (0, 1, 2)), ("instance", (1, 2))]
)
def test_equals_float64(statistics, axes, condition_size):
    features, condition = tensors(condition_size)
    layer = SpatiallyAdaptiveNorm(8, statistics=statistics)
    layer(features, condition)
    perturb(layer)
    outputs = as_numpy(layer(features, condition, training=True))
    normalized = float64_reference.normalize(features, axes)
    resized = float64_reference.resize_bilinear(condition, 6, 4)
    expected = reference(layer, features, resized, normalized)
    np.testing.assert_allclose(outputs, expected, atol=2e-5)


def test_nearest_reads_label_maps_without_mixing_them():
    features, _ = tensors()
    labels = np.random.default_rng(1).integers(0, 2, (2, 12, 8, 3)).astype("float32")
    layer = SpatiallyAdaptiveNorm(8, interpolation="nearest")
    outputs = as_numpy(layer(features, labels, training=True))
    # Half-pixel centres: output pixel i lies between 2i and 2i + 1, and rounds up.
    normalized = float64_reference.normalize(features, (0, 1, 2))
    expected = reference(layer, features, labels[:, 1::2, 1::2], normalized)
    np.testing.assert_allclose(outputs, expected, atol=2e-5)


def test_moving_statistics_at_inference():
    features, condition = tensors()
    layer = SpatiallyAdaptiveNorm(8, momentum=0.5)
    layer(features, condition, training=True)
    mean = 0.5 * features.mean((0, 1, 2))
    variance = 0.5 + 0.5 * features.var((0, 1, 2))
    normalized = float64_reference.normalize(
        features, None, mean=mean, variance=variance
    )
    resized = float64_reference.resize_bilinear(condition, 6, 4)
    expected = reference(layer, features, resized, normalized)
    outputs = as_numpy(layer(features, condition))
    np.testing.assert_allclose(outputs, expected, atol=2e-5)


def test_features_of_unknown_size():
    features, condition = keras.Input((None, None, 5)), keras.Input((None, None, 3))
    layer = SpatiallyAdaptiveNorm(8)
    model = keras.Model([features, condition], layer(features, condition))
    assert model.output_shape == (None, None, None, 5)
    arguments = tensors()
    np.testing.assert_allclose(
        model.predict(arguments, verbose=0), as_numpy(layer(*arguments)), atol=1e-5
    )


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"interpolation": "cubic"}, "Received: interpolation=cubic"),
        ({"statistics": "group"}, "Received: statistics=group"),
        ({"epsilon": -1.0}, "Received: epsilon=-1.0"),
        ({"hidden_filters": 0}, "filters"),
        ({"kernel_size": 0}, "kernel_size"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        SpatiallyAdaptiveNorm(**arguments)


def test_bad_inputs():
    with pytest.raises(ValueError, match="`condition`.*Received: condition_shape="):
        SpatiallyAdaptiveNorm()(np.zeros((1, 4, 4, 2)), np.zeros((1, 4, 4)))
    with pytest.raises(ValueError, match="`features`.*Received: features_shape="):
        SpatiallyAdaptiveNorm()(np.zeros((1, 4, 4)), np.zeros((1, 4, 4, 2)))
