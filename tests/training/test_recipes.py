import importlib
import inspect
import json

import numpy as np
import pytest

from aan_keras.losses.reenactment_loss import ReenactmentLoss
from aan_keras.models.reenactor import Reenactor
from aan_keras.training import recipes


@pytest.fixture
def trained(monkeypatch, tmp_path):
    """What `train` is called with, instead of training; it says that it began."""
    calls = []

    def train(reenactor, data, output_dir, steps, batch_size, **options):
        calls.append(
            {
                "reenactor": reenactor,
                "data": data,
                "output_dir": output_dir,
                "steps": steps,
                "batch_size": batch_size,
                **options,
            }
        )
        output_dir.mkdir(parents=True, exist_ok=True)
        for callback in options["callbacks"]:
            callback.on_train_begin()
        return steps

    # The room's name for it, `aan_keras.training.train`, is the function.
    module = importlib.import_module("aan_keras.training.train")
    monkeypatch.setattr(module, "train", train)
    return calls


def small(tmp_path, **changes):
    options = {"steps": 7, "recipe": "small", "perceptual": "none"}
    options.update(image_size=64, width=4, **changes)
    return recipes.train_recipe("faces", tmp_path / "run", **options)


def test_every_recipe_is_accepted_by_what_it_configures():
    from aan_keras.training.train import train

    for recipe in recipes.RECIPES.values():
        inspect.signature(Reenactor.__init__).bind_partial(None, **recipe["model"])
        inspect.signature(ReenactmentLoss).bind_partial(**recipe["losses"])
        inspect.signature(train).bind_partial(**recipe["training"])


def test_paper_recipe_changes_nothing():
    recipe = recipes.RECIPES["paper"]
    assert recipe == {"model": {}, "losses": {}, "training": {}}


def test_recipe_and_what_is_given_beside_it(trained, tmp_path):
    steps = small(tmp_path, batch_size=3, learning_rate=1e-3, seed=5)
    (call,) = trained
    assert steps == call["steps"] == 7
    config = call["reenactor"].get_config()
    assert (config["image_size"], config["width"]) == (64, 4)
    assert config["flow_prior"] == "layered" and config["output"] == "residual"
    assert call["losses"].perceptual is None and call["losses"].gan_weight == 0
    assert call["generator_learning_rate"] == 1e-3 and call["clip_norm"] == 1.0
    assert (call["batch_size"], call["seed"], call["resume"]) == (3, 5, False)


def test_seed_decides_the_first_weights(trained, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        small(tmp_path / name, seed=seed)
    first, same, other = (
        call["reenactor"].appearance_extractor.get_weights() for call in trained
    )
    assert all(np.array_equal(x, y) for x, y in zip(first, same))
    assert not all(np.array_equal(x, y) for x, y in zip(first, other))


def test_resume_repeats_the_arguments(trained, tmp_path):
    small(tmp_path, batch_size=3, validation=(0, 1))
    assert recipes.resume_recipe(tmp_path / "run") == 7
    assert recipes.resume_recipe(tmp_path / "run", steps=9) == 9
    begun, resumed, longer = trained
    assert (begun["resume"], resumed["resume"], longer["resume"]) == (False, True, True)
    for name in ("data", "batch_size", "seed", "validation", "output_dir"):
        assert resumed[name] == begun[name]
    assert begun["validation"] == (0, 1)
    first, second = begun["reenactor"], resumed["reenactor"]
    assert first.get_config() | {"name": 0} == second.get_config() | {"name": 0}


def test_a_moved_run_goes_on_where_it_is(trained, tmp_path):
    small(tmp_path)
    (tmp_path / "run").rename(tmp_path / "moved")
    recipes.resume_recipe(tmp_path / "moved")
    assert trained[-1]["output_dir"] == tmp_path / "moved"


def test_starting_from_a_preset_keeps_its_configuration(trained, tmp_path):
    donor = Reenactor(image_size=64, width=4, heatmap_size=32, num_residual_blocks=1)
    donor.save_to_preset(tmp_path / "preset")
    recipes.train_recipe(
        "faces",
        tmp_path / "run",
        steps=1,
        preset=tmp_path / "preset",
        image_size=96,
        perceptual="none",
    )
    reenactor = trained[0]["reenactor"]
    assert (reenactor.image_size, reenactor.get_config()["width"]) == (96, 4)
    for old, new in zip(
        donor.fusion_net.get_weights(), reenactor.fusion_net.get_weights()
    ):
        np.testing.assert_allclose(new, old, atol=1e-3)


def test_a_folder_with_a_run_is_not_overwritten(trained, tmp_path):
    small(tmp_path)
    with pytest.raises(ValueError, match="holds a training run: resume it"):
        small(tmp_path)
    assert json.loads((tmp_path / "run" / "command.json").read_text())["steps"] == 7


def test_nothing_to_resume(tmp_path):
    with pytest.raises(ValueError, match="no training run in .*: begin one"):
        recipes.resume_recipe(tmp_path)


def test_unknown_recipe(tmp_path):
    with pytest.raises(ValueError, match="Received: recipe=soup"):
        recipes.train_recipe("faces", tmp_path, steps=1, recipe="soup")


def test_missing_data_leaves_no_run_behind(tmp_path):
    """The run's folder appears when there is something to train on."""
    with pytest.raises(ValueError, match="faces"):
        small(tmp_path)
    assert not (tmp_path / "run").exists()
