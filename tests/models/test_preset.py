"""Presets: what is written is what is loaded, and damage is noticed."""

import json

import numpy as np
import pytest

from aan_keras import Reenactor
from aan_keras.models.preset import load_preset, named_variables
from tests.models.tiny import DEPARTURES, batch_of, shake, tiny_reenactor


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    model = tiny_reenactor(**DEPARTURES)
    shake(model)
    path = tmp_path_factory.mktemp("preset") / "tiny"
    model.save_to_preset(path)
    return model, path


def copy_of(path, tmp_path):
    for file in path.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def test_round_trip_in_float16(saved):
    model, path = saved
    loaded = Reenactor.from_preset(path)
    for name, variable in named_variables(model).items():
        expected = np.asarray(variable).astype("float16")
        np.testing.assert_array_equal(named_variables(loaded)[name], expected)
    assert sorted(p.name for p in path.iterdir()) == ["config.json", "weights.npz"]


def test_the_moving_average_is_what_is_saved(saved, tmp_path):
    model = tiny_reenactor(**DEPARTURES)
    from aan_keras.losses import ReenactmentLoss

    model.compile(losses=ReenactmentLoss(gan_weight=0, perceptual=None))
    for average in model.averages:
        average.assign(average + 0.125)
    model.save_to_preset(tmp_path)
    loaded = Reenactor.from_preset(tmp_path)
    inputs = batch_of(1)
    np.testing.assert_allclose(loaded(inputs), model(inputs), atol=0.02)
    kernel = np.asarray(model.generator_variables[0])
    found = np.asarray(loaded.appearance_extractor.trainable_variables[0])
    np.testing.assert_allclose(found, kernel + 0.125, atol=1e-3)


def test_changed_weights_are_refused(saved, tmp_path):
    path = copy_of(saved[1], tmp_path)
    data = bytearray((path / "weights.npz").read_bytes())
    data[len(data) // 2] ^= 1
    (path / "weights.npz").write_bytes(data)
    with pytest.raises(ValueError, match="SHA-256"):
        Reenactor.from_preset(path)


def test_missing_weights_are_named(saved, tmp_path):
    path = copy_of(saved[1], tmp_path)
    (path / "weights.npz").unlink()
    with pytest.raises(ValueError, match="weights.npz can't be read"):
        Reenactor.from_preset(path)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"config": {}}'])
def test_damaged_configuration_is_named(saved, tmp_path, text):
    path = copy_of(saved[1], tmp_path)
    (path / "config.json").write_text(text)
    with pytest.raises(ValueError, match="missing or damaged"):
        Reenactor.from_preset(path)


def test_weights_of_another_configuration_are_refused(saved, tmp_path):
    path = copy_of(saved[1], tmp_path)
    content = json.loads((path / "config.json").read_text())
    content["config"]["local_net"] = False
    (path / "config.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match="do not fit"):
        Reenactor.from_preset(path)


def test_another_width_is_refused_by_name(saved):
    with pytest.raises(ValueError, match="`width` .* must be the preset's") as error:
        load_preset(Reenactor, saved[1], width=8)
    assert len(str(error.value)) < 400


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("value", [np.nan, 1e6])
def test_weights_that_a_file_cannot_hold_leave_the_preset_alone(saved, tmp_path, value):
    path = copy_of(saved[1], tmp_path)
    before = {file.name: file.read_bytes() for file in path.iterdir()}
    model = Reenactor.from_preset(path)
    bias = model.fusion_net.trainable_variables[-1]
    bias.assign(np.full(bias.shape, value, "float32"))
    with pytest.raises(FloatingPointError, match=f"{bias.path} is not finite"):
        model.save_to_preset(path)
    assert {file.name: file.read_bytes() for file in path.iterdir()} == before


def test_unknown_name_lists_what_is_shipped():
    with pytest.raises(ValueError, match="shipped presets: aan_128.*preset=nobody"):
        Reenactor.from_preset("nobody")


def test_the_shipped_preset_loads_and_follows_the_driving_landmarks():
    model = Reenactor.from_preset("aan_128")
    inputs = batch_of(1, 128)
    warped = model.generate(inputs)["warped"]
    image = np.asarray(model(inputs))
    assert image.shape == (1, 128, 128, 3)
    # Trained: it neither paints noise over the warped source nor just copies it.
    difference = np.abs(image - np.asarray(warped)).mean()
    assert 0.005 < difference < 0.5
