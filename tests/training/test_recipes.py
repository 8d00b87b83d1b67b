"""Recipes, and runs that begin by one."""

import inspect
import json

import keras
import numpy as np
import pytest

from aan_keras.commands import train as train_command
from aan_keras.data.split import default_validation
from aan_keras.losses.reenactment_loss import ReenactmentLoss
from aan_keras.models.reenactor import Reenactor
from aan_keras.training import recipe_run, recipes
from tests.models.tiny import batch_of
from tests.training.small_run import small_run


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
    given = {"learning_rate": 1e-3, "optimizer": "muon", "decay": 0.7, "seed": 5}
    steps = small_run(tmp_path, batch_size=3, **given)
    (call,) = trained
    assert steps == call["steps"] == 7
    config = call["reenactor"].get_config()
    assert (config["image_size"], config["width"]) == (64, 4)
    assert config["flow_prior"] == "layered" and config["output"] == "residual"
    assert call["losses"].perceptual is None and call["losses"].gan_weight == 0
    assert call["generator_learning_rate"] == 1e-3 and call["clip_norm"] == 1.0
    assert (call["batch_size"], call["seed"], call["resume"]) == (3, 5, False)
    assert call["optimizer"] == "muon" and call["decay_fraction"] == 0.7


def test_seed_decides_the_first_weights(trained, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        small_run(tmp_path / name, seed=seed)
    first, same, other = (
        call["reenactor"].appearance_extractor.get_weights() for call in trained
    )
    assert all(np.array_equal(x, y) for x, y in zip(first, same))
    assert not all(np.array_equal(x, y) for x, y in zip(first, other))


def test_starting_from_a_preset_keeps_its_configuration(trained, tmp_path):
    donor = Reenactor(image_size=64, width=4, heatmap_size=32, num_residual_blocks=1)
    donor.save_to_preset(tmp_path / "preset")
    recipe_run.train_recipe(
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


@pytest.mark.parametrize("size", [64, 256])
def test_the_shipped_preset_starts_any_size(trained, tmp_path, size):
    options = {"recipe": "small", "perceptual": "none", "steps": 1}
    recipe_run.train_recipe(
        "faces", tmp_path / "run", preset="aan_128", image_size=size, **options
    )
    reenactor = trained[0]["reenactor"]
    shipped = Reenactor.from_preset("aan_128")
    assert reenactor.image_size == size
    for new, old in zip(reenactor.get_weights(), shipped.get_weights(), strict=True):
        np.testing.assert_array_equal(new, old)
    assert reenactor(batch_of(1, size)).shape == (1, size, size, 3)


def test_presets_are_recipes_of_their_size():
    assert set(recipes.RECIPES) == set(train_command.RECIPES)
    for size in (64, 128, 256):
        recipe = recipes.RECIPES[f"aan_{size}"]
        assert Reenactor(**recipe["model"]).image_size == size
        assert recipe["training"] == recipes.RECIPES["small"]["training"]


def test_settings_of_scale(trained, tmp_path):
    small_run(
        tmp_path,
        precision="mixed_bfloat16",
        accumulate=4,
        gan_weight=0.5,
        gan_warmup=(100, 50),
        gan_lead=20,
    )
    recipe_run.resume_recipe(tmp_path / "run")
    for call in trained:
        assert call["reenactor"].compute_dtype == "bfloat16"
        assert call["accumulate"] == 4 and call["losses"].gan_weight == 0.5
        warmup = {"start": 100, "ramp_steps": 50, "lead": 20}
        assert call["gan_warmup"].get_config() == warmup


def test_nets_that_are_not_named_stay_as_they_are(trained, tmp_path):
    small_run(tmp_path, nets=["flow_estimator", "local_net"])
    recipe_run.resume_recipe(tmp_path / "run")
    for call in trained:
        nets = {net.name: net for net in call["reenactor"].generator_nets}
        assert set(nets) == {*train_command.NETS, "person_net"}
        learning = {name for name, net in nets.items() if net.trainable_variables}
        assert learning == {"flow_estimator", "local_net"}


@pytest.mark.parametrize("nets", [["hourglass"], ["person_net"], []])
def test_unknown_nets(trained, tmp_path, nets):
    with pytest.raises(ValueError, match="`nets` must be some of"):
        small_run(tmp_path, nets=nets)


def test_who_reports_has_no_bar(trained, tmp_path):
    small_run(tmp_path / "bar")
    small_run(tmp_path / "lines", report=print)
    recipe_run.resume_recipe(tmp_path / "lines" / "run", report=print)
    assert [call["report"] for call in trained] == [None, print, print]
    assert [call["verbose"] for call in trained] == [1, 0, 0]


def test_a_folder_with_a_run_is_not_overwritten(trained, tmp_path):
    small_run(tmp_path)
    with pytest.raises(ValueError, match="holds a training run: resume it"):
        small_run(tmp_path)
    assert json.loads((tmp_path / "run" / "command.json").read_text())["steps"] == 7


def test_unknown_recipe(tmp_path):
    with pytest.raises(ValueError, match="Received: recipe=soup"):
        recipe_run.train_recipe("faces", tmp_path, steps=1, recipe="soup")


def test_missing_data_leaves_no_run_behind(tmp_path):
    """The run's folder appears when there is something to train on."""
    with pytest.raises(ValueError, match="faces"):
        small_run(tmp_path)
    assert not (tmp_path / "run").exists()


def test_an_engine_needs_its_backend(tmp_path):
    other = "jax" if keras.backend.backend() == "tensorflow" else "tensorflow"
    with pytest.raises(ValueError, match=f"KERAS_BACKEND={other}"):
        small_run(tmp_path, engine=other)


def test_people_are_kept_for_validation_unless_told(trained, tmp_path, faces):
    small_run(tmp_path / "a")  # There is no data: that is said when it is read.
    recipe_run.train_recipe(faces, tmp_path / "b", steps=1, recipe="small")
    assert [call["validation"] for call in trained] == [
        (0, 0),
        default_validation(faces),
    ]


@pytest.mark.parametrize(
    "changes", [{"devices": 2}, {"accumulate": 2}, {"precision": "mixed_float16"}]
)
def test_what_jax_does_not_offer_is_refused(monkeypatch, tmp_path, changes):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ValueError, match="need"):
        small_run(tmp_path, engine="jax", **changes)
