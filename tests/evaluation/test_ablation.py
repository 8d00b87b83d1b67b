"""Two variants, trained for two steps."""

import csv
import importlib
import json

import pytest
import tensorflow as tf

from aan_keras import Reenactor
from aan_keras.data import PairAugmentation
from aan_keras.evaluation import ablation, ablation_table
from aan_keras.evaluation.ablation import VARIANTS, ablate
from aan_keras.faces import InputError
from aan_keras.training.recipes import RECIPES

OPTIONS = {
    "steps": 2,
    "variants": ("full", "spade"),
    "width": 4,
    "batch_size": 2,
    "perceptual": "none",
    "checkpoint_every": 1,
    "validation": (1, 0),
    "protocol": "self",
    "frames": 1,
    "floors": ("copy",),
}


@pytest.fixture(scope="module", autouse=True)
def eager():
    """Two steps take less time than to trace the graph of one."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def finished(people, tmp_path_factory):
    output = tmp_path_factory.mktemp("ablation") / "a"
    lines = []
    results = ablate(people, output, seeds=(3,), report=lines.append, **OPTIONS)
    return output, results, lines


def test_variants_are_trained_and_evaluated_alike(finished):
    output, results, lines = finished
    assert lines[:2] == ["full_3: 2 steps", "spade_3: 2 steps"]
    runs = {
        name: json.loads((output / "runs" / name / "run.json").read_text())
        for name in ("full_3", "spade_3")
    }
    full, spade = runs.values()
    assert full["model"].pop("adaptive_norm") == "aan"
    assert spade["model"].pop("adaptive_norm") == "spade"
    for run in runs.values():
        # Numbered by what else the process has built.
        run["model"].pop("name")
        for side in ("generator_optimizer", "discriminator_optimizer"):
            if run["compile"][side] is not None:
                run["compile"][side]["config"].pop("name")
    assert full == spade
    assert full["model"]["statistics"] == "batch" and full["steps"] == 2
    assert not set(full["identities"]) & set(full["validation_identities"])
    assert list(results["rows"]) == ["full", "spade"]
    assert list(results["floors"]) == ["copy"]
    assert results["orders"] == {"csim": "unknown", "prmse": "unknown"}
    assert json.loads((output / "results.json").read_text()) == results
    assert (output / "evaluation" / "report.html").is_file()
    preset = Reenactor.from_preset(output / "runs" / "spade_3" / "preset")
    assert preset.adaptive_norm == "spade" and preset.image_size == 64
    with open(output / "results.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["variant"], row["seed"]) for row in rows] == [
        ("full", "3"),
        ("spade", "3"),
    ]
    value = results["rows"]["full"]["l1"]["values"][0]
    assert float(rows[0]["l1"]) == value > 0


def test_going_on_trains_nothing_twice(finished, people, monkeypatch):
    output, results, _ = finished
    before = (output / "results.json").read_bytes()
    stamp = (output / "runs" / "full_3" / "preset" / "weights.npz").stat().st_mtime_ns
    assert ablate(people, output, seeds=(3,), **OPTIONS) == results
    assert (output / "results.json").read_bytes() == before
    path = output / "runs" / "full_3" / "preset" / "weights.npz"
    assert path.stat().st_mtime_ns == stamp


def test_unlike_runs_do_not_share_a_folder(finished, people):
    output, _, _ = finished
    with pytest.raises(InputError, match="holds an ablation with steps 2"):
        ablate(people, output, seeds=(3,), **{**OPTIONS, "steps": 3})


@pytest.mark.parametrize(
    "changed",
    [
        {"variants": ("full", "none")},
        {"variants": ()},
        {"seeds": (1, 1)},
        {"seeds": ()},
        {"seeds": (0, -1)},
    ],
    ids=str,
)
def test_wrong_arguments(people, tmp_path, changed):
    with pytest.raises(ValueError, match="Received: "):
        ablate(people, tmp_path / "a", **{"seeds": (0,), **OPTIONS, **changed})
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"protocol": "cross"}, "need two people"),
        ({"validation": (0, 0)}, "nobody of .* is left out"),
    ],
)
def test_what_cannot_be_evaluated_is_not_trained(people, tmp_path, changed, message):
    with pytest.raises(InputError, match=message):
        ablate(people, tmp_path / "a", seeds=(0,), **{**OPTIONS, **changed})
    assert not (tmp_path / "a").exists()


def test_the_papers_table_3_is_among_the_variants():
    assert VARIANTS["no_local_net"] == {"model": {"local_net": False}}
    assert VARIANTS["spade"] == {"model": {"adaptive_norm": "spade"}}
    assert set(ablation.DEFAULT_VARIANTS) <= set(VARIANTS)
    assert set(ablation_table.NAMES) == set(VARIANTS)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_variant_changes_what_it_names_and_nothing_else(variant, monkeypatch):
    trained = []

    def record(model, *arguments, losses, augment, dataset_options, **options):
        parts = model, losses, options, vars(augment), dataset_options
        trained.append({key: value for part in parts for key, value in part.items()})

    for module, name, fake in (
        ("aan_keras.models.reenactor", "Reenactor", dict),
        ("aan_keras.losses.reenactment_loss", "ReenactmentLoss", dict),
        ("aan_keras.training.train", "train", record),
    ):
        monkeypatch.setattr(importlib.import_module(module), name, fake)
    training = {"recipe": "small", "image_size": 64, "width": None, "perceptual": None}
    training |= {"steps": 2, "batch_size": 2, "validation": [1, 0]}
    for name in ("full", variant):
        ablation._train("data", "runs", name, 0, training, 1)
    full, changed = trained
    expected = {}
    for group in VARIANTS[variant].values():
        expected |= group
    if variant == "weak_augmentation":
        usual = vars(PairAugmentation())
        stronger = RECIPES["small"]["training"]["augment"]
        expected = {name: usual[name] for name in stronger}
    different = {k: v for k, v in changed.items() if full.get(k) != v}
    assert different == expected
