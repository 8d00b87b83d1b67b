"""`compile`: what it takes, what it refuses, what it keeps."""

import keras
import numpy as np
import pytest

from aan_keras.losses import ReenactmentLoss
from tests.models.tiny import LIGHT, batch_of, tiny_reenactor


@pytest.fixture(scope="module")
def plain():
    return light_reenactor()


def light_reenactor():
    return tiny_reenactor(**LIGHT)


def compiled(model, gan_weight=0.5, width=4, **losses):
    losses = ReenactmentLoss(
        gan_weight, perceptual=None, discriminator_width=width, **losses
    )
    model.compile("sgd", "sgd", losses, run_eagerly=True)
    return model


def test_compiled_again_a_model_keeps_its_discriminators():
    model, batch = compiled(light_reenactor()), batch_of(1, driving=True)
    model.train_on_batch(batch)
    judges = model.landmark_discriminator, model.identity_discriminator
    values = [np.asarray(v) for v in model.discriminator_variables]
    layers, count = len(model.layers), model.count_params()
    compiled(model, gan_weight=0.0)
    compiled(model, gan_weight=0.25)
    assert judges == (model.landmark_discriminator, model.identity_discriminator)
    for value, variable in zip(values, model.discriminator_variables, strict=True):
        np.testing.assert_array_equal(variable, value)
    assert (len(model.layers), model.count_params()) == (layers, count)
    model.train_on_batch(batch)
    assert not np.array_equal(model.discriminator_variables[0], values[0])
    # Of another width they are new, and the old ones are gone.
    compiled(model, width=2)
    fresh = compiled(light_reenactor(), width=2)
    assert [v.shape for v in model.variables] == [v.shape for v in fresh.variables]
    assert (len(model.layers), model.count_params()) == (layers, fresh.count_params())


def test_optimizers_by_name(plain):
    compiled(plain)
    for optimizer in (plain.optimizer, plain.discriminator_optimizer):
        assert type(optimizer) is keras.optimizers.SGD


@pytest.mark.parametrize("name", ["optimizer", "loss", "metrics"])
def test_arguments_of_keras_that_mean_nothing_here(plain, name, monkeypatch):
    # Before anything is made: the default losses download a network.
    monkeypatch.setattr("aan_keras.models.reenactor_training.ReenactmentLoss", None)
    with pytest.raises(TypeError, match=f"takes .*`losses`.* Received: {name}"):
        plain.compile(**{name: "mse"})


def test_another_backend_is_told_what_to_do(plain, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ValueError, match="--engine jax.* Received: jax"):
        plain.compile()


def test_a_batch_without_the_target_is_told_what_it_lacks(plain):
    compiled(plain)
    batch = batch_of(1)
    for method in (plain.train_on_batch, plain.test_on_batch):
        with pytest.raises(
            ValueError, match="driving_landmarks.* Received: .'driving_"
        ):
            method(batch)
    with pytest.raises(ValueError, match="must be a dict.* Received: EagerTensor"):
        plain.train_step(batch["source"])


def test_names_of_metrics_belong_to_what_evaluate_gives(plain):
    compiled(plain, detail_weight=1.0)
    batch = batch_of(1, driving=True)
    values = plain.evaluate(batch, verbose=0)
    named = plain.evaluate(batch, verbose=0, return_dict=True)
    assert dict(zip(plain.metrics_names, values)) == named
    assert {"loss", "detail"} <= set(named)


def test_symbolic_output_is_float32_under_any_policy():
    model = light_reenactor()
    mixed = type(model).from_config({**model.get_config(), "dtype": "mixed_bfloat16"})
    inputs = {name: keras.Input(x.shape[1:]) for name, x in batch_of(1).items()}
    output = mixed(inputs)
    assert output.dtype == "float32" and output.shape == (None, 64, 64, 3)
    assert mixed(batch_of(1)).dtype == output.dtype
