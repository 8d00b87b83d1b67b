"""Sub-nets frozen and unfrozen between compiles: averages, files, flags."""

import keras
import numpy as np
import pytest

from aan_keras import Reenactor
from aan_keras.exporting.inference_model import inference_model
from aan_keras.losses import ReenactmentLoss
from aan_keras.models.preset import named_variables
from aan_keras.training.checkpoint import load_checkpoint, save_checkpoint
from tests.models.tiny import LAYERED, LIGHT, batch_of, shake, tiny_reenactor

NETS = ("appearance_extractor", "fusion_net")


def light_reenactor():
    keras.utils.set_random_seed(1)
    model = tiny_reenactor(**LIGHT)
    shake(model)
    return model


def compiled(model, **arguments):
    loss = ReenactmentLoss(0.0, perceptual=None)
    model.compile(
        keras.optimizers.SGD(0.05), losses=loss, run_eagerly=True, **arguments
    )
    return model


def trained(model, steps=2):
    for _ in range(steps):
        model.train_on_batch(batch_of(1, driving=True))
    return model


def frozen(name):
    """A model that was trained with one of its nets frozen."""
    model = light_reenactor()
    getattr(model, name).trainable = False
    return trained(compiled(model))


@pytest.mark.parametrize("trainable, name", [*zip([True, False], NETS)])
def test_averages_stay_with_their_weights(name, trainable):
    model = light_reenactor()
    getattr(model, name).trainable = not trainable
    weights = named_variables(model)
    expected = {name: np.asarray(v).astype("float64") for name, v in weights.items()}
    image = None
    for _ in range(2):
        compiled(model)
        if image is not None:
            # To compile makes no step.
            np.testing.assert_array_equal(model(batch_of(1)), image)
        for step in (1, 2):
            trained(model, 1)
            decay = (1 + step) / (10 + step)
            for path, variable in weights.items():
                if variable.trainable:
                    expected[path] *= decay
                    expected[path] += (1 - decay) * np.asarray(variable)
        image = np.asarray(model(batch_of(1)))
        getattr(model, name).trainable = trainable
    for path, variable in weights.items():
        variable.assign(expected[path])
    averaged = np.clip(np.asarray(model.generate(batch_of(1))["image"]), -1, 1)
    np.testing.assert_allclose(image, averaged, atol=1e-5)
    found = {id(variable): average for variable, average in model.average_pairs}
    assert len(found) == len(weights)
    for path, variable in weights.items():
        np.testing.assert_allclose(found[id(variable)], expected[path], atol=1e-6)


def test_files_of_a_model_with_a_frozen_net(tmp_path):
    model, inputs = frozen("appearance_extractor"), batch_of(1)
    image = np.asarray(model(inputs))
    model.save(tmp_path / "model.keras")
    for compile in (True, False):
        loaded = keras.saving.load_model(tmp_path / "model.keras", compile=compile)
        np.testing.assert_allclose(loaded(inputs), image, atol=1e-6)
        assert [n.trainable for n in loaded.generator_nets] == [
            n.trainable for n in model.generator_nets
        ]
    # It goes on as it was, whether what was frozen stays so or not.
    loaded = compiled(loaded)
    np.testing.assert_allclose(loaded(inputs), image, atol=1e-6)
    model.save_weights(tmp_path / "model.weights.h5")
    for plain in (light_reenactor(), compiled(light_reenactor())):
        plain.load_weights(tmp_path / "model.weights.h5")
        np.testing.assert_allclose(plain(inputs), image, atol=1e-6)


def test_a_checkpoint_goes_on_with_a_frozen_net(tmp_path):
    model = frozen("appearance_extractor")
    save_checkpoint(model, tmp_path / "step.npz")
    other = light_reenactor()
    other.appearance_extractor.trainable = False
    load_checkpoint(compiled(other), tmp_path / "step.npz")
    trained(model, 1)
    trained(other, 1)
    np.testing.assert_array_equal(other(batch_of(1)), model(batch_of(1)))


def test_presets_and_exports_after_a_net_was_unfrozen(tmp_path):
    model, inputs = frozen("appearance_extractor"), batch_of(1)
    model.save_to_preset(tmp_path / "frozen")
    assert Reenactor.from_preset(tmp_path / "frozen").appearance_extractor.trainable
    image = np.asarray(model(inputs))
    np.testing.assert_allclose(inference_model(model)(inputs), image, atol=1e-5)
    model.appearance_extractor.trainable = True
    trained(compiled(model))
    image = np.asarray(model(inputs))
    np.testing.assert_allclose(inference_model(model)(inputs), image, atol=1e-5)
    model.save_to_preset(tmp_path / "whole")
    loaded = Reenactor.from_preset(tmp_path / "whole")
    np.testing.assert_allclose(loaded(inputs), image, atol=0.02)


def test_a_frozen_layer_and_a_frozen_model_come_back_frozen():
    model = light_reenactor()
    assert "frozen" not in model.get_config()
    model.fusion_net.get_layer("head").trainable = False
    model.flow_estimator.stem.trainable = False
    clone = Reenactor.from_config(model.get_config())
    assert not clone.fusion_net.get_layer("head").trainable
    count = len(model._generator_variables())
    assert count == len(clone._generator_variables())
    assert count < len(light_reenactor()._generator_variables())
    model.trainable = False
    clone = Reenactor.from_config(model.get_config())
    assert not clone.trainable and not clone._generator_variables()
    assert not tiny_reenactor(trainable=False)._generator_variables()
    clone.trainable = True
    assert len(clone._generator_variables()) > count


def test_the_person_net_is_frozen_and_has_no_average():
    model = compiled(tiny_reenactor(**{**LAYERED, "background": True}))
    net = model.person_net
    averaged = {id(variable) for variable, _ in model.average_pairs}
    assert not net.trainable and not averaged & {id(v) for v in net.weights}
    assert len(averaged) == len(model.generator_variables)
    assert "frozen" not in model.get_config()
    net.trainable = True
    clone = Reenactor.from_config(model.get_config())
    assert clone.person_net.trainable
