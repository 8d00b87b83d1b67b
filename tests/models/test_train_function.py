"""Phases and parts of a step. Eager: the graphs are those of other tests."""

import keras
import numpy as np
import pytest

from aan_keras.losses import GANWarmup, ReenactmentLoss
from tests.models.tiny import batch_of, shake, tiny_reenactor

pytestmark = pytest.mark.requires_tensorflow


def compiled(gan_weight=0.5, **arguments):
    keras.utils.set_random_seed(1)
    model = tiny_reenactor(
        num_fusion_blocks=1,
        num_residual_blocks=0,
        local_net=False,
        statistics="instance",
    )
    shake(model)
    model.compile(
        keras.optimizers.SGD(0.1),
        keras.optimizers.SGD(0.1),
        ReenactmentLoss(gan_weight, perceptual=None, discriminator_width=4),
        run_eagerly=True,
        **arguments,
    )
    return model


def copies(variables):
    return [np.asarray(v.value).copy() for v in variables]


def same(first, second):
    return [np.array_equal(a, b) for a, b in zip(first, second, strict=True)]


def test_discriminators_start_late_look_on_and_then_count():
    model = compiled(gan_warmup=GANWarmup(start=2, ramp_steps=2, lead=1))
    plain = compiled(gan_weight=0.0)
    batch = batch_of(1, driving=True)
    judges = copies(model.discriminator_variables)
    calls = []
    judge = model._judge
    model._judge = lambda *arguments: calls.append(1) or judge(*arguments)
    model.reset_metrics()
    logs = [model.train_on_batch(batch, return_dict=True)]
    # No pass of the discriminators at all.
    assert not calls and not {"gan", "d_loss"} & set(logs[0])
    assert all(same(judges, copies(model.discriminator_variables)))
    logs.append(model.train_on_batch(batch, return_dict=True))
    # They learn, and the generator does not hear of it.
    assert len(calls) == 2 and {"gan", "d_loss", "d_gradient_norm"} <= set(logs[1])
    assert not any(same(judges, copies(model.discriminator_variables)))
    for _ in range(2):
        plain.train_on_batch(batch)
    assert all(
        same(copies(model.generator_variables), copies(plain.generator_variables))
    )
    # Half of the weight: as the formula says, and the weights part.
    model.reset_metrics()
    found = model.train_on_batch(batch, return_dict=True)
    assert found["loss"] == pytest.approx(
        5 * found["l1"] + 0.5 * 0.5 * found["gan"], rel=1e-5
    )
    plain.train_on_batch(batch)
    assert not all(
        same(copies(model.generator_variables), copies(plain.generator_variables))
    )
    # A run that comes back to an earlier step is in the earlier phase.
    model.optimizer.iterations.assign(0)
    assert not model.judging


def test_parts_of_a_batch_make_the_step_of_the_whole():
    """Spectral vectors included; see `test_mirrored` for the graphs."""
    results = []
    for accumulate in (1, 3):
        model = compiled(accumulate=accumulate, clip_norm=0.5)
        model.reset_metrics()
        logs = model.train_on_batch(batch_of(3, driving=True), return_dict=True)
        variables = [*model.generator_variables, *model.discriminator_variables]
        variables += [*model.generator_state, *model.averages]
        results.append((logs, copies(variables), int(model.optimizer.iterations)))
    (logs, whole, steps), (part_logs, parts, part_steps) = results
    assert logs.keys() == part_logs.keys() and steps == part_steps == 1
    for name, value in logs.items():
        assert part_logs[name] == pytest.approx(value, rel=1e-5), name
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_allclose(other, one, atol=1e-5)


def test_a_batch_that_can_not_be_divided():
    model = compiled(accumulate=2)
    with pytest.raises(ValueError, match="Received: batch of 3, accumulate=2"):
        model.train_on_batch(batch_of(3, driving=True))
    with pytest.raises(ValueError, match="Received: accumulate=0"):
        compiled(accumulate=0)


def test_steps_per_execution_end_where_the_batches_do():
    """Callbacks and history come as to a model of Keras' own."""

    def fitted(model, inputs, target=None):
        ends = []
        callback = keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: ends.append(batch)
        )
        history = model.fit(
            inputs, target, batch_size=1, verbose=0, callbacks=[callback]
        )
        model.train_on_batch(inputs, target)
        return ends, len(history.history["loss"]), int(model.optimizer.iterations)

    plain = keras.Sequential([keras.layers.Dense(1)])
    plain.compile("sgd", "mse", steps_per_execution=2, run_eagerly=True)
    expected = fitted(plain, np.ones((3, 2)), np.ones((3, 1)))
    found = fitted(compiled(0.0, steps_per_execution=2), batch_of(3, driving=True))
    assert found == expected and found[2] == 4
