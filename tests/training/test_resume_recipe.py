"""What a resumed run may change, and what it keeps."""

import errno
import json
import re
from pathlib import Path

import keras
import pytest

from aan_keras.commands import train as train_command
from aan_keras.models.reenactor import Reenactor
from aan_keras.training import recipe_run, recipes
from tests.training.small_run import small_run


def test_resume_repeats_the_arguments(trained, tmp_path):
    small_run(tmp_path, batch_size=3, validation=(0, 1))
    assert recipe_run.resume_recipe(tmp_path / "run") == 7
    assert recipe_run.resume_recipe(tmp_path / "run", steps=9) == 9
    begun, resumed, longer = trained
    assert (begun["resume"], resumed["resume"], longer["resume"]) == (False, True, True)
    for name in ("data", "batch_size", "seed", "validation", "output_dir"):
        assert resumed[name] == begun[name]
    assert begun["validation"] == (0, 1)
    first, second = begun["reenactor"], resumed["reenactor"]
    assert first.get_config() | {"name": 0} == second.get_config() | {"name": 0}


def test_a_run_keeps_its_recipe_when_a_new_version_has_another(
    trained, tmp_path, monkeypatch
):
    small_run(tmp_path)
    another = {
        "model": {"flow_prior": "tps"},
        "losses": {"gan_weight": 3.0},
        "training": {"beta_1": 0.3},
    }
    monkeypatch.setitem(recipes.RECIPES, "small", another)
    recipe_run.resume_recipe(tmp_path / "run")
    begun, resumed = trained
    first, second = begun["reenactor"], resumed["reenactor"]
    assert second.get_config()["flow_prior"] == "layered"
    assert first.get_config() | {"name": 0} == second.get_config() | {"name": 0}
    assert begun["losses"].get_config() == resumed["losses"].get_config()
    assert vars(begun["augment"]) == vars(resumed["augment"])
    assert resumed["beta_1"] == begun["beta_1"] == 0.9


def test_a_moved_run_goes_on_where_it_is(trained, tmp_path):
    small_run(tmp_path)
    (tmp_path / "run").rename(tmp_path / "moved")
    recipe_run.resume_recipe(tmp_path / "moved")
    assert trained[-1]["output_dir"] == tmp_path / "moved"


def test_moved_run_finds_its_preset(trained, tmp_path):
    """Its absolute path is another one then; so is that of other weights."""
    own = Reenactor(image_size=64, width=4, heatmap_size=32, num_residual_blocks=1)
    own.save_to_preset(tmp_path / "own")
    small_run(tmp_path, preset=tmp_path / "own")
    (tmp_path / "own").rename(tmp_path / "moved")
    own.fusion_net.trainable_variables[0].assign_add(
        keras.ops.ones_like(own.fusion_net.trainable_variables[0])
    )
    own.save_to_preset(tmp_path / "other")
    with pytest.raises(ValueError, match="as it began. Received: preset=.*other"):
        recipe_run.resume_recipe(tmp_path / "run", preset=tmp_path / "other")
    assert recipe_run.resume_recipe(tmp_path / "run", preset=tmp_path / "moved") == 7
    # And without being told again.
    assert recipe_run.resume_recipe(tmp_path / "run") == 7


def test_chosen_precision_stays_with_the_run(trained, tmp_path, monkeypatch):
    from aan_keras.training import precision

    found = {"tensorflow": "mixed_bfloat16"}
    monkeypatch.setattr(precision, "choose_precision", found.get)
    small_run(tmp_path, precision="auto")
    found["tensorflow"] = "float32"
    recipe_run.resume_recipe(tmp_path / "run")
    recipe_run.resume_recipe(tmp_path / "run", precision="auto")
    assert [call["reenactor"].compute_dtype for call in trained] == ["bfloat16"] * 3


def test_a_run_of_an_older_version_goes_on(trained, tmp_path):
    small_run(tmp_path)
    path = tmp_path / "run" / "command.json"
    arguments = json.loads(path.read_text())
    newer = "nets precision accumulate gan_weight gan_warmup gan_lead devices options"
    for name in newer.split():
        del arguments[name]
    path.write_text(json.dumps(arguments))
    recipe_run.resume_recipe(tmp_path / "run")
    begun, resumed = trained
    assert resumed["accumulate"] == 1
    assert resumed["gan_warmup"].get_config() == begun["gan_warmup"].get_config()


def test_nothing_to_resume(tmp_path):
    with pytest.raises(ValueError, match="no training run in .*: begin one"):
        recipe_run.resume_recipe(tmp_path)


def test_the_engine_of_a_run_is_remembered(trained, tmp_path):
    assert train_command._engine_of(tmp_path / "run") is None
    small_run(tmp_path)
    assert train_command._engine_of(tmp_path / "run") == "tensorflow"
    path = tmp_path / "run" / "command.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "engine": "jax"}))
    assert train_command._engine_of(tmp_path / "run") == "jax"


def test_a_resumed_run_learns_slower_or_elsewhere_if_told(trained, tmp_path):
    small_run(tmp_path, learning_rate=1e-3)
    recipe_run.resume_recipe(
        tmp_path / "run", learning_rate=1e-5, decay=0.9, data="moved", steps=11
    )
    recipe_run.resume_recipe(tmp_path / "run")
    begun, *resumed = trained
    for call in resumed:
        assert call["generator_learning_rate"] == 1e-5
        assert (call["decay_fraction"], call["steps"]) == (0.9, 11)
        # Wherever it is resumed from.
        assert call["data"] == str(Path("moved").absolute())
    assert begun["data"] == str(Path("faces").absolute())


@pytest.mark.parametrize(
    "given",
    [{"batch_size": 2}, {"validation": (1, 1)}, {"seed": 1}, {"engine": "jax"}],
)
def test_a_resumed_run_keeps_all_else(trained, tmp_path, given):
    small_run(tmp_path, batch_size=3, validation=(0, 1))
    same = {"batch_size": 3, "validation": (0, 1), "recipe": "small", "seed": 0}
    assert recipe_run.resume_recipe(tmp_path / "run", **same) == 7
    ((name, value),) = given.items()
    message = f"goes on as it began. Received: {name}={json.loads(json.dumps(value))}"
    with pytest.raises(ValueError, match=re.escape(message)):
        recipe_run.resume_recipe(tmp_path / "run", **given)
    assert len(trained) == 2


@pytest.mark.parametrize(
    ("name", "same", "other"),
    [
        ("image_size", 64, 128),
        ("width", 4, 8),
        ("optimizer", "adam", "muon"),
        ("gan_weight", 0.0, 1.0),
    ],
)
def test_what_a_recipe_says_is_the_runs(trained, tmp_path, name, same, other):
    small_run(tmp_path)
    path = tmp_path / "run" / "command.json"
    arguments = json.loads(path.read_text())
    for size in ("image_size", "width"):
        arguments["options"]["model"][size] = arguments.pop(size)
    path.write_text(json.dumps(arguments))
    assert recipe_run.resume_recipe(tmp_path / "run", **{name: same}) == 7
    with pytest.raises(ValueError, match=f"has {name}={same}, and .*{name}={other}"):
        recipe_run.resume_recipe(tmp_path / "run", **{name: other})


@pytest.mark.parametrize(
    ("begun", "same", "other"),
    [
        ({"preset": "aan_128"}, {"image_size": 128, "width": 16}, {"width": 8}),
        ({"preset": "aan_128", "image_size": 64}, {"width": 16}, {"image_size": 128}),
        ({"recipe": "paper", "width": 4}, {"image_size": 256}, {"image_size": 128}),
        ({"recipe": "paper", "width": 4}, {"gan_weight": 10.0}, {"gan_weight": 1.0}),
    ],
)
def test_what_a_preset_or_the_paper_says_is_the_runs(
    trained, tmp_path, begun, same, other
):
    options = {"recipe": "small", "perceptual": "none", "steps": 7, **begun}
    recipe_run.train_recipe("faces", tmp_path / "run", **options)
    assert recipe_run.resume_recipe(tmp_path / "run", **same) == 7
    had = {"width": 16, "image_size": 256, "gan_weight": 10.0, **begun}
    ((name, value),) = other.items()
    with pytest.raises(ValueError, match=f"has {name}={had[name]}, .*{name}={value}"):
        recipe_run.resume_recipe(tmp_path / "run", **other)


def test_a_full_disk_does_not_strand_a_run(trained, tmp_path, monkeypatch):
    small_run(tmp_path)

    def full(path, text):
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        with pytest.raises(OSError, match="No space"):
            recipe_run.resume_recipe(tmp_path / "run")
    assert recipe_run.resume_recipe(tmp_path / "run") == 7
