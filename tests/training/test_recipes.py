import errno
import importlib
import inspect
import json
import re
from pathlib import Path

import keras
import numpy as np
import pytest

from aan_keras.commands import train as train_command
from aan_keras.data.split import default_validation
from aan_keras.losses.reenactment_loss import ReenactmentLoss
from aan_keras.models.reenactor import Reenactor
from aan_keras.training import recipe_run, recipes
from tests.models.tiny import batch_of


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
    return recipe_run.train_recipe("faces", tmp_path / "run", **options)


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
    steps = small(tmp_path, batch_size=3, **given)
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
        small(tmp_path / name, seed=seed)
    first, same, other = (
        call["reenactor"].appearance_extractor.get_weights() for call in trained
    )
    assert all(np.array_equal(x, y) for x, y in zip(first, same))
    assert not all(np.array_equal(x, y) for x, y in zip(first, other))


def test_resume_repeats_the_arguments(trained, tmp_path):
    small(tmp_path, batch_size=3, validation=(0, 1))
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
    small(tmp_path)
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
    small(tmp_path)
    (tmp_path / "run").rename(tmp_path / "moved")
    recipe_run.resume_recipe(tmp_path / "moved")
    assert trained[-1]["output_dir"] == tmp_path / "moved"


def test_moved_run_finds_its_preset(trained, tmp_path):
    """Its absolute path is another one then; so is that of other weights."""
    own = Reenactor(image_size=64, width=4, heatmap_size=32, num_residual_blocks=1)
    own.save_to_preset(tmp_path / "own")
    small(tmp_path, preset=tmp_path / "own")
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
    small(
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
    small(tmp_path, nets=["flow_estimator", "local_net"])
    recipe_run.resume_recipe(tmp_path / "run")
    for call in trained:
        nets = {net.name: net for net in call["reenactor"].generator_nets}
        assert set(nets) == set(train_command.NETS)
        learning = {name for name, net in nets.items() if net.trainable_variables}
        assert learning == {"flow_estimator", "local_net"}


@pytest.mark.parametrize("nets", [["hourglass"], []])
def test_unknown_nets(trained, tmp_path, nets):
    with pytest.raises(ValueError, match="`nets` must be some of"):
        small(tmp_path, nets=nets)


def test_chosen_precision_stays_with_the_run(trained, tmp_path, monkeypatch):
    from aan_keras.training import precision

    found = {"tensorflow": "mixed_bfloat16"}
    monkeypatch.setattr(precision, "choose_precision", found.get)
    small(tmp_path, precision="auto")
    found["tensorflow"] = "float32"
    recipe_run.resume_recipe(tmp_path / "run")
    recipe_run.resume_recipe(tmp_path / "run", precision="auto")
    assert [call["reenactor"].compute_dtype for call in trained] == ["bfloat16"] * 3


def test_who_reports_has_no_bar(trained, tmp_path):
    small(tmp_path / "bar")
    small(tmp_path / "lines", report=print)
    recipe_run.resume_recipe(tmp_path / "lines" / "run", report=print)
    assert [call["report"] for call in trained] == [None, print, print]
    assert [call["verbose"] for call in trained] == [1, 0, 0]


def test_a_run_of_an_older_version_goes_on(trained, tmp_path):
    small(tmp_path)
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


def test_a_folder_with_a_run_is_not_overwritten(trained, tmp_path):
    small(tmp_path)
    with pytest.raises(ValueError, match="holds a training run: resume it"):
        small(tmp_path)
    assert json.loads((tmp_path / "run" / "command.json").read_text())["steps"] == 7


def test_nothing_to_resume(tmp_path):
    with pytest.raises(ValueError, match="no training run in .*: begin one"):
        recipe_run.resume_recipe(tmp_path)


def test_unknown_recipe(tmp_path):
    with pytest.raises(ValueError, match="Received: recipe=soup"):
        recipe_run.train_recipe("faces", tmp_path, steps=1, recipe="soup")


def test_missing_data_leaves_no_run_behind(tmp_path):
    """The run's folder appears when there is something to train on."""
    with pytest.raises(ValueError, match="faces"):
        small(tmp_path)
    assert not (tmp_path / "run").exists()


def test_an_engine_needs_its_backend(tmp_path):
    other = "jax" if keras.backend.backend() == "tensorflow" else "tensorflow"
    with pytest.raises(ValueError, match=f"KERAS_BACKEND={other}"):
        small(tmp_path, engine=other)


def test_the_engine_of_a_run_is_remembered(trained, tmp_path):
    assert train_command._engine_of(tmp_path / "run") is None
    small(tmp_path)
    assert train_command._engine_of(tmp_path / "run") == "tensorflow"
    path = tmp_path / "run" / "command.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "engine": "jax"}))
    assert train_command._engine_of(tmp_path / "run") == "jax"


def test_a_resumed_run_learns_slower_or_elsewhere_if_told(trained, tmp_path):
    small(tmp_path, learning_rate=1e-3)
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
    small(tmp_path, batch_size=3, validation=(0, 1))
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
    small(tmp_path)
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
    small(tmp_path)

    def full(path, text):
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        with pytest.raises(OSError, match="No space"):
            recipe_run.resume_recipe(tmp_path / "run")
    assert recipe_run.resume_recipe(tmp_path / "run") == 7


def test_people_are_kept_for_validation_unless_told(trained, tmp_path, faces):
    small(tmp_path / "a")  # There is no data: that is said when it is read.
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
        small(tmp_path, engine="jax", **changes)
