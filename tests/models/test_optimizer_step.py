"""One optimizer step: clipping as Keras does it, norms, loss scales."""

import keras
import numpy as np
import pytest

from aan_keras.models.optimizer_step import optimizer_step

pytestmark = pytest.mark.requires_tensorflow


def variables_and_gradients():
    rng = np.random.default_rng(0)
    shapes = (3, 4), (5,), (2,)
    variables = [keras.Variable(rng.normal(size=s).astype("float32")) for s in shapes]
    gradients = [keras.ops.convert_to_tensor(rng.normal(size=s)) for s in shapes[:2]]
    return variables, [keras.ops.cast(g, "float32") for g in gradients] + [None]


def float64_norm(gradients):
    return np.sqrt(sum((np.asarray(g, "float64") ** 2).sum() for g in gradients[:2]))


@pytest.mark.parametrize("clip_norm", [None, 0.7, 100.0])
def test_clips_like_keras_and_returns_the_norm(clip_norm):
    variables, gradients = variables_and_gradients()
    optimizer = keras.optimizers.SGD(0.5)
    optimizer.build(variables)
    norm = optimizer_step(optimizer, gradients, variables, clip_norm)
    assert float(norm) == pytest.approx(float64_norm(gradients), rel=1e-6)
    expected, _ = variables_and_gradients()
    reference = keras.optimizers.SGD(0.5, global_clipnorm=clip_norm)
    reference.apply(gradients, expected)
    for variable, value in zip(variables, expected):
        np.testing.assert_allclose(variable, value, rtol=1e-6)


def test_a_loss_scale_changes_neither_clipping_nor_norm():
    results = []
    for scale in (None, 64.0):
        variables, gradients = variables_and_gradients()
        optimizer = keras.optimizers.SGD(0.5)
        if scale:
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer, scale)
            gradients = [None if g is None else g * scale for g in gradients]
        optimizer.build(variables)
        norm = optimizer_step(optimizer, gradients, variables, 0.7)
        results.append([float(norm), *map(np.asarray, variables)])
    for plain, scaled in zip(*results):
        np.testing.assert_allclose(scaled, plain, rtol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("clip_norm", [None, 0.7])
def test_the_norm_shows_a_bad_gradient_and_a_scaler_leaves_it_out(bad, clip_norm):
    variables, gradients = variables_and_gradients()
    before = [np.asarray(v).copy() for v in variables]
    gradients[1] = gradients[1] * bad
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.5), 64.0)
    optimizer.build(variables)
    assert not np.isfinite(
        float(optimizer_step(optimizer, gradients, variables, clip_norm))
    )
    for variable, value in zip(variables, before):
        np.testing.assert_array_equal(variable, value)
    assert float(optimizer.dynamic_scale) == 32.0
