import numpy as np
import pytest

from aan_keras import Reenactor, cli
from aan_keras.models.average_presets import average_presets
from aan_keras.models.preset import named_variables
from tests.models.tiny import DEPARTURES, shake, tiny_reenactor


@pytest.fixture(scope="module")
def presets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("presets")
    for seed in range(2):
        model = tiny_reenactor(**DEPARTURES)
        shake(model, seed=seed)
        model.save_to_preset(folder / str(seed))
    return [folder / str(seed) for seed in range(2)]


def arrays(preset):
    with np.load(preset / "weights.npz") as file:
        return {name: file[name].astype("float64") for name in file.files}


@pytest.mark.parametrize("shares", [None, [2, 1]])
def test_mean_of_all_weights(presets, shares):
    model = average_presets(Reenactor, presets[:2], shares, sharpening=0.2)
    assert model.get_config()["sharpening"] == 0.2
    given = [arrays(preset) for preset in presets[:2]]
    variables = named_variables(model)
    assert set(variables) == set(given[0])
    a, b = shares or [1, 1]
    for name, variable in variables.items():
        expected = a * given[0][name] + b * given[1][name]
        np.testing.assert_allclose(variable.value, expected / (a + b), atol=1e-6)


def test_command(presets, tmp_path, capsys):
    words = ["average-presets", "--presets", *presets[:2], "--shares", 1, 3]
    words += ["--sharpening", 0.3, "--output", tmp_path / "mean"]
    assert cli.main([str(word) for word in words]) == 0
    assert str(tmp_path / "mean") in capsys.readouterr().out
    assert Reenactor.from_preset(tmp_path / "mean").get_config()["sharpening"] == 0.3
    first, second, mean = map(arrays, (*presets[:2], tmp_path / "mean"))
    for name, value in mean.items():
        expected = 0.25 * first[name] + 0.75 * second[name]
        np.testing.assert_allclose(value, expected, atol=1e-3)


@pytest.mark.parametrize("shares", [[1], [0, 0], [1, -1], [np.nan, 1], [np.inf, 1]])
def test_refused_shares(presets, shares):
    with pytest.raises(ValueError, match=r"[Ss]hare"):
        average_presets(Reenactor, presets, shares)


def test_refused_presets(presets, tmp_path):
    with pytest.raises(ValueError, match="needs presets"):
        average_presets(Reenactor, [])
    tiny_reenactor(**DEPARTURES, local_net=False).save_to_preset(tmp_path)
    with pytest.raises(ValueError, match="different configurations"):
        average_presets(Reenactor, [presets[0], tmp_path])
