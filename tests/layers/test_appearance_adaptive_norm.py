import numpy as np
import pytest

from aan_keras.layers.appearance_adaptive_norm import AppearanceAdaptiveNorm
from tests.layers import float64_reference
from tests.layers.check_layer import as_numpy, check_layer

SHAPE = (3, 6, 5, 4)
AXES = {"batch": (0, 1, 2), "instance": (1, 2)}


def tensors(seed=0, offset=2.0):
    rng = np.random.default_rng(seed)
    scale = np.array([0.1, 1.0, 3.0, 10.0])
    features = rng.normal(size=SHAPE) * scale + offset * scale
    gamma, beta = 1 + rng.normal(size=SHAPE), rng.normal(size=SHAPE)
    return [x.astype("float32") for x in (features, gamma, beta)]


@pytest.mark.parametrize("statistics, non_trainable", [("batch", 2), ("instance", 0)])
def test_layer(statistics, non_trainable):
    kwargs = {"statistics": statistics, "momentum": 0.9, "epsilon": 1e-4}
    check_layer(AppearanceAdaptiveNorm, kwargs, tensors(), SHAPE, 0, non_trainable)


@pytest.mark.parametrize("statistics", AXES)
def test_equals_the_papers_equations(statistics):
    features, gamma, beta = tensors()
    layer = AppearanceAdaptiveNorm(statistics)
    outputs = as_numpy(layer(features, gamma, beta, training=True))
    normalized = float64_reference.normalize(features, AXES[statistics])
    np.testing.assert_allclose(outputs, gamma * normalized + beta, atol=2e-5)


def test_every_element_has_a_gamma_and_beta_of_its_own():
    features, _, _ = tensors()
    gamma, beta = np.zeros(SHAPE, "float32"), np.zeros(SHAPE, "float32")
    gamma[1, 2, 3, 0] = 2.0
    beta[0, 5, 4, 3] = 7.0
    outputs = as_numpy(AppearanceAdaptiveNorm()(features, gamma, beta, training=True))
    changed = np.argwhere(outputs)
    np.testing.assert_array_equal(changed, [[0, 5, 4, 3], [1, 2, 3, 0]])
    assert outputs[0, 5, 4, 3] == 7.0


def test_moving_statistics_follow_the_batches_and_serve_at_inference():
    layer = AppearanceAdaptiveNorm(momentum=0.75)
    mean, variance = np.zeros(4), np.ones(4)
    for seed in range(4):
        features, gamma, beta = tensors(seed, offset=seed)
        layer(features, gamma, beta, training=True)
        features = features.astype("float64")
        mean = 0.75 * mean + 0.25 * features.mean((0, 1, 2))
        variance = 0.75 * variance + 0.25 * features.var((0, 1, 2))
    np.testing.assert_allclose(as_numpy(layer.moving_mean), mean, rtol=1e-5)
    np.testing.assert_allclose(as_numpy(layer.moving_variance), variance, rtol=1e-5)
    normalized = float64_reference.normalize(
        features, None, mean=mean, variance=variance
    )
    for arguments in ({}, {"training": False}):
        outputs = as_numpy(layer(*tensors(3, offset=3), **arguments))
        np.testing.assert_allclose(outputs, gamma * normalized + beta, atol=2e-5)
    np.testing.assert_allclose(as_numpy(layer.moving_mean), mean, rtol=1e-5)


def test_instance_statistics_see_one_sample_also_in_training():
    features, gamma, beta = tensors()
    layer = AppearanceAdaptiveNorm("instance")
    together = as_numpy(layer(features, gamma, beta, training=True))
    alone = as_numpy(layer(features[1:2], gamma[1:2], beta[1:2]))
    np.testing.assert_allclose(together[1:2], alone, atol=1e-6)
    assert layer.weights == []


def test_a_frozen_layer_keeps_its_statistics():
    layer = AppearanceAdaptiveNorm()
    layer.trainable = False
    arguments = tensors()
    np.testing.assert_allclose(
        as_numpy(layer(*arguments, training=True)), as_numpy(layer(*arguments))
    )
    np.testing.assert_array_equal(as_numpy(layer.moving_mean), np.zeros(4))


@pytest.mark.parametrize("statistics", AXES)
def test_a_large_mean_does_not_cost_precision(statistics):
    # In float32, E[x^2] - E[x]^2 of these features has no correct digit.
    features, gamma, beta = tensors()
    features = (1000.0 + as_numpy(features) / 10).astype("float32")
    layer = AppearanceAdaptiveNorm(statistics)
    outputs = as_numpy(layer(features, gamma, beta, training=True))
    normalized = float64_reference.normalize(features, AXES[statistics])
    expected = gamma * normalized + beta
    # Channel 0 has a spread of 0.01 at 1000: float32 itself carries two digits there.
    np.testing.assert_allclose(outputs[..., 1:], expected[..., 1:], atol=1e-2)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("statistics", AXES)
def test_statistics_are_float32_in_mixed_precision(policy, statistics):
    # Sums over 64 x 64 pixels and squares of 300 overflow float16.
    rng = np.random.default_rng(0)
    shape = (2, 64, 64, 2)
    features = (300.0 * rng.normal(size=shape)).astype("float32")
    gamma, beta = np.ones(shape, "float32"), np.zeros(shape, "float32")
    layer = AppearanceAdaptiveNorm(statistics, momentum=0.0, dtype=policy)
    outputs = as_numpy(layer(features, gamma, beta, training=True))
    expected = float64_reference.normalize(features, AXES[statistics])
    np.testing.assert_allclose(outputs, expected, atol=0.02)
    if statistics == "batch":
        variance = as_numpy(layer.moving_variance)
        np.testing.assert_allclose(variance, features.var((0, 1, 2)), rtol=1e-3)


def test_constant_features_stay_finite():
    features = np.full(SHAPE, 3.0, "float32")
    _, gamma, beta = tensors()
    outputs = as_numpy(AppearanceAdaptiveNorm()(features, gamma, beta, training=True))
    np.testing.assert_allclose(outputs, beta, atol=1e-6)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"statistics": "layer"}, "`statistics`.*Received: statistics=layer"),
        ({"momentum": 1.0}, "`momentum`.*Received: momentum=1.0"),
        ({"momentum": -0.1}, "`momentum`.*Received: momentum=-0.1"),
        ({"epsilon": 0}, "`epsilon`.*Received: epsilon=0"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        AppearanceAdaptiveNorm(**arguments)


@pytest.mark.parametrize(
    "shapes, message",
    [
        ([(2, 8, 8), (2, 8, 8), (2, 8, 8)], "`features`.*Received: features_shape="),
        ([(2, 8, 8, 4), (2, 1, 1, 4), (2, 8, 8, 4)], "`gamma`.*Received: gamma_shape="),
        ([(2, 8, 8, 4), (2, 8, 8, 4), (2, 8, 8, 3)], "`beta`.*Received: beta_shape="),
    ],
)
def test_bad_inputs(shapes, message):
    with pytest.raises(ValueError, match=message):
        AppearanceAdaptiveNorm()(*(np.zeros(shape, "float32") for shape in shapes))
