import json
import re
import shutil
import types

import cv2
import numpy as np
import pytest

from aan_keras import Reenactor, cli
from aan_keras.animate_photos import animate_photos
from aan_keras.faces import InputError
from aan_keras.faces.draw_landmarks import draw_landmarks
from aan_keras.training.train_preset import train_preset
from tests.layers.sample_face import sample_landmarks
from tests.models.tiny import DEPARTURES, shake, tiny_reenactor

STAGES = ["first", "background", "faces", "second", "third", "mean", "preset"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Six drawn people, half of them as photo sets."""
    path = tmp_path_factory.mktemp("people")
    for person in range(6):
        folder = path / f"person{person}" / ("v0" if person % 2 else "p0")
        folder.mkdir(parents=True)
        landmarks = sample_landmarks(4 if person % 2 else 2, 64, seed=person)
        np.save(folder / "landmarks.npy", landmarks)
        for i, points in enumerate(landmarks):
            image = np.maximum(draw_landmarks(points, 64), np.uint8(60 + 10 * person))
            cv2.imwrite(str(folder / f"{i:04d}.png"), image)
    return path


def no_reports(line):
    pass


PEOPLE = {"validation": (1, 1)}
QUIET = {**PEOPLE, "report": no_reports}


@pytest.fixture
def recorded():
    """Commands instead of processes: parsed as the command line parses them."""
    commands = []

    def run(words):
        commands.append(cli.make_parser().parse_args(words))

    run.commands = commands
    return run


def test_each_stage_begins_where_the_one_before_ended(data, tmp_path, recorded):
    output = tmp_path / "run"
    options = {"steps": (70, 30), "batch_size": 4, "learning_rate": 8e-4, "seed": 5}
    path = train_preset(data, output, run=recorded, **QUIET, **options)
    assert path == output / "preset"
    first, background, faces, second, third, mean, last = recorded.commands
    names = [command.command for command in recorded.commands]
    assert names == ["train", "train-background", "animate-photos"] + [
        *("train", "train", "average-presets", "average-presets")
    ]
    assert first.preset is None and first.data == str(data) and first.steps == 70
    assert background.preset == str(output / "first" / "preset")
    assert faces.preset == background.output and faces.cut_outs == 7
    for i, run in enumerate((second, third)):
        assert run.preset == background.output and run.data == faces.output
        assert run.steps == 30 and run.seed == 6 + i
        assert run.learning_rate == pytest.approx(6e-4) and run.batch_size == 4
    assert mean.presets == [f"{run.output}/preset" for run in (second, third)]
    assert mean.sharpening == 0.05
    assert last.presets == [mean.output] and last.output == str(path)
    assert last.sharpening == 0.05
    for command in (first, background, faces, second, third):
        assert tuple(command.validation) == (1, 1)
    assert all(command.resume for command in (first, second, third))


def test_begins_with_a_preset(data, tmp_path, recorded, monkeypatch):
    monkeypatch.setattr("aan_keras.training.train_preset._run", recorded)
    start, output = tmp_path / "start", tmp_path / "run"
    arguments = {**DEPARTURES, "flow_prior": "layered", "background": True}
    tiny_reenactor(**arguments).save_to_preset(start)
    words = ["train-preset", "--data", data, "--output", output, "--preset", start]
    words = [str(word) for word in [*words, "--validation", 1, 1]]
    assert cli.main(words) == 0
    faces, second, third, *_ = recorded.commands
    assert json.loads((output / "stages.json").read_text())["done"] == STAGES[2:]
    assert faces.command == "animate-photos"
    assert [run.preset for run in (faces, second, third)] == [str(start)] * 3
    assert [run.seed for run in (second, third)] == [1, 2]
    assert second.data == faces.output and second.learning_rate == 3e-4
    with pytest.raises(ValueError, match="preset=None"):
        train_preset(data, output, run=recorded, **QUIET)


def test_preset_to_begin_with_is_read_before_training(data, tmp_path, recorded):
    tiny_reenactor(**DEPARTURES).save_to_preset(tmp_path / "plain")
    for preset, message in (
        ("none", "no preset of this name"),
        ("landmarks", "not of the kind Reenactor"),
        (tmp_path / "plain", "model with `background`"),
    ):
        with pytest.raises(ValueError, match=message):
            output = tmp_path / "run"
            train_preset(data, output, preset=preset, run=recorded, **QUIET)
    assert not recorded.commands and not (tmp_path / "run").exists()


def test_recipe_is_looked_at_before_training(data, tmp_path, recorded):
    """`train-background` comes after hours, and refuses a model without background."""
    output = tmp_path / "run"
    for recipe in ("paper", "soup"):
        message = f"small, aan_64, aan_128, aan_256. Received: recipe={recipe}"
        with pytest.raises(ValueError, match=message):
            train_preset(data, output, recipe=recipe, run=recorded, **QUIET)
    with pytest.raises(ValueError, match="recipe=soup"):
        options = {**QUIET, "preset": "aan_128"}
        train_preset(data, output, recipe="soup", run=recorded, **options)
    assert not recorded.commands and not output.exists()
    # The model is the preset's.
    train_preset(data, output, recipe="paper", run=recorded, **options)


def test_goes_on_after_the_last_finished_stage(data, tmp_path, recorded):
    output, lines = tmp_path / "run", []

    def killed(words):
        if words[0] == "animate-photos":
            (output / "faces").mkdir()
            (output / "faces" / "half").touch()
            raise KeyboardInterrupt
        recorded(words)

    with pytest.raises(KeyboardInterrupt):
        train_preset(data, output, run=killed, **QUIET)
    assert json.loads((output / "stages.json").read_text())["done"] == STAGES[:2]
    with pytest.raises(ValueError, match="seed=1"):
        train_preset(data, output, seed=1, run=recorded, **QUIET)
    train_preset(data, output, run=recorded, **PEOPLE, report=lines.append)
    assert [line.partition(":")[0] for line in lines] == STAGES[2:]
    assert not (output / "faces" / "half").exists()
    count = len(recorded.commands)
    train_preset(data, output, run=recorded, **QUIET)
    assert len(recorded.commands) == count == len(STAGES)


def test_goes_on_with_what_an_older_version_began(data, tmp_path, recorded):
    output = tmp_path / "run"
    train_preset(data, output, run=recorded, **QUIET)
    state = json.loads((output / "stages.json").read_text())
    del state["arguments"]["later_runs"], state["arguments"]["preset"]
    (output / "stages.json").write_text(json.dumps(state))
    with pytest.raises(ValueError, match="later_runs=1"):
        train_preset(data, output, later_runs=1, run=recorded, **QUIET)
    train_preset(data, output, run=recorded, **QUIET)
    assert len(recorded.commands) == len(STAGES)


def test_goes_on_where_data_and_output_have_moved(data, tmp_path, recorded):
    def killed(words):
        if words[0] == "train" and words[words.index("--output") + 1].endswith("third"):
            raise KeyboardInterrupt
        recorded(words)

    with pytest.raises(KeyboardInterrupt):
        train_preset(data, tmp_path / "run", run=killed, **QUIET)
    del recorded.commands[:]
    shutil.move(tmp_path / "run", tmp_path / "elsewhere")
    moved = shutil.copytree(data, tmp_path / "people")
    train_preset(moved, tmp_path / "elsewhere", run=recorded, **QUIET)
    faces, run, *rest = recorded.commands
    # Made again: links lead to where the clips were.
    assert faces.command == "animate-photos" and faces.data == str(moved)
    assert run.output == str(tmp_path / "elsewhere" / "third")
    assert run.preset == str(tmp_path / "elsewhere" / "background")
    assert [c.command for c in rest] == ["average-presets"] * 2
    # Nothing is left to do, so photos need not be moved either.
    train_preset(data, tmp_path / "elsewhere", run=recorded, **QUIET)
    assert len(recorded.commands) == 4


def test_more_rounds_go_on_from_the_mean(data, tmp_path, recorded):
    output = tmp_path / "run"
    options = {"run": recorded, **QUIET, "seed": 5}
    train_preset(data, output, **options)
    del recorded.commands[:]
    path = train_preset(data, output, rounds=3, **options)
    *runs, last = recorded.commands
    assert [command.command for command in recorded.commands] == [
        *("train", "train", "average-presets") * 2,
        "average-presets",
    ]
    before = output / "mean"
    for i, (one, other, mean) in enumerate((runs[:3], runs[3:]), 2):
        for k, (run, name) in enumerate(((one, "second"), (other, "third"))):
            assert run.preset == str(before) and run.seed == 2 * i + 4 + k
            assert run.output == str(output / f"{name}_{i}")
            assert run.data == str(output / "faces")
        assert mean.presets == [f"{run.output}/preset" for run in (one, other)]
        before = output / f"mean_{i}"
        assert mean.output == str(before)
    assert last.presets == [str(before)] and last.output == str(path)
    count = len(recorded.commands)
    train_preset(data, output, rounds=3, **options)
    assert len(recorded.commands) == count
    with pytest.raises(ValueError, match="rounds=0"):
        train_preset(data, output, rounds=0, **options)


def test_a_round_may_be_of_one_run(data, tmp_path, recorded):
    output = tmp_path / "run"
    options = {"run": recorded, **QUIET, "seed": 5, "rounds": 2}
    path = train_preset(data, output, later_runs=1, **options)
    *_, second, mean, again, last_mean, last = recorded.commands
    done = ["second", "mean", "second_2", "mean_2", "preset_2"]
    assert json.loads((output / "stages.json").read_text())["done"] == STAGES[:3] + done
    assert (second.seed, again.seed) == (6, 8)
    assert mean.presets == [f"{second.output}/preset"] and mean.sharpening == 0.05
    assert again.preset == mean.output and last.presets == [last_mean.output]
    assert last.output == str(path)
    with pytest.raises(ValueError, match="begun with later_runs=1: .* later_runs=2"):
        train_preset(data, output, **options)
    for number in (0, 3):
        with pytest.raises(ValueError, match=f"later_runs={number}"):
            train_preset(data, tmp_path / "none", later_runs=number, **options)


def test_without_photos_nothing_is_moved(data, tmp_path, recorded):
    for folder in data.glob("*/v0"):
        shutil.copytree(folder, tmp_path / "clips" / folder.parent.name / "v0")
    clips = tmp_path / "clips"
    options = {**QUIET, "validation": (1, 0)}
    train_preset(clips, tmp_path / "run", run=recorded, **options)
    names = [command.command for command in recorded.commands]
    assert "animate-photos" not in names and len(names) == len(STAGES) - 1
    assert recorded.commands[2].data == str(clips)


@pytest.mark.parametrize("taken", ["videos", "photos", None])
def test_only_people_who_are_trained_on_are_moved(data, tmp_path, recorded, taken):
    """As `animate_photos` sees it, hours later."""
    validation = {"videos": (3, 1), "photos": (1, 3), None: (1, 1)}[taken]
    if taken is None:
        shutil.copytree(data, tmp_path / "data")
        data = tmp_path / "data"
        (data / "person0" / "p0").rename(data / "person0" / "animated0")
    options = {**QUIET, "validation": validation}
    with pytest.raises(InputError, match="needs clips|animated photos already"):
        model = types.SimpleNamespace(image_size=64, background=None)
        animate_photos(model, data, tmp_path / "out", validation=validation)
    train_preset(data, tmp_path / "run", run=recorded, **options)
    assert "animate-photos" not in [command.command for command in recorded.commands]


def test_people_who_are_not_there_claim_no_folder(data, tmp_path, recorded):
    for validation, message in (((6, 12), "more identities"), ((3, 3), "takes all 6")):
        with pytest.raises(ValueError, match=message):
            options = {**QUIET, "validation": validation}
            train_preset(data, tmp_path / "run", run=recorded, **options)
    with pytest.raises(ValueError, match="must leave people out"):
        train_preset(data, tmp_path / "run", validation=(0, 0), run=recorded)
    assert not recorded.commands and not (tmp_path / "run").exists()


def test_more_arguments_reach_the_runs(data, tmp_path, recorded, monkeypatch):
    monkeypatch.setattr("aan_keras.training.train_preset._run", recorded)
    words = ["train-preset", "--data", data, "--output", tmp_path / "run"]
    words += ["--steps", 3, 2, "--recipe", "aan_64"]
    words += ["--later-runs", 1, "--sharpening", 0.1, "--", "--devices", 2]
    assert cli.main([str(word) for word in words]) == 0
    runs = [c for c in recorded.commands if c.command == "train"]
    assert [run.devices for run in runs] == [2, 2]
    assert [run.steps for run in runs] == [3, 2]
    assert {run.recipe for run in runs} == {"aan_64"}
    assert recorded.commands[-2].sharpening == 0.1


def test_makes_a_preset(data, tmp_path, capsys):
    """In this process; training, which has tests of its own, only shakes weights."""

    def run(words):
        if words[0] in ("animate-photos", "average-presets"):
            assert cli.main(words) == 0
            return
        run = cli.make_parser().parse_args(words)
        arguments = {**DEPARTURES, "flow_prior": "layered"}
        model = tiny_reenactor(**arguments, background=True)
        if run.preset:
            model = Reenactor.from_preset(run.preset)
        if words[0] == "train":
            shake(model, seed=run.seed)
        model.save_to_preset(run.output + "/preset" * (words[0] == "train"))

    path = train_preset(
        data,
        tmp_path / "run",
        per_photo=1,
        cut_outs=1,
        validation=(1, 1),
        run=run,
    )
    assert Reenactor.from_preset(path).get_config()["sharpening"] == 0.05
    names = ("second/preset", "third/preset", "mean", "preset")
    files = [tmp_path / "run" / name / "weights.npz" for name in names]
    one, other, mean, last = map(np.load, files)
    for name in mean.files:
        expected = (one[name].astype("float64") + other[name]) / 2
        np.testing.assert_allclose(mean[name], expected, atol=1e-3)
        np.testing.assert_array_equal(last[name], mean[name])
        if name.endswith("kernel") and not name.startswith("person_net/"):
            assert np.any(one[name] != other[name])
    printed = capsys.readouterr().out
    assert re.findall(r"^(\w+): aan-keras", printed, re.M) == STAGES
    assert list((tmp_path / "run" / "faces").glob("*/animated*/0001.jpg"))
