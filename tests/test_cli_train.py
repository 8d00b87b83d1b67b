"""`aan-keras train` from end to end: three steps on drawn faces."""

import csv
import json
import os

import cv2
import numpy as np
import pytest
import tensorflow as tf

from aan_keras import Reenactor, cli
from aan_keras.commands import console
from aan_keras.demo import MOTION
from aan_keras.faces import LandmarkTrack
from aan_keras.faces.draw_landmarks import draw_landmarks
from aan_keras.training import recipe_run


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """What the command sets for its own process must not reach other tests."""
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")


@pytest.fixture
def eager():
    """Three steps take less time than to trace the graph of one."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Two people, one clip each."""
    path = tmp_path_factory.mktemp("faces")
    landmarks = (LandmarkTrack.load(MOTION).landmarks[:24:4] + 0.5) / 4 - 0.5
    for person in ("anna", "ben"):
        folder = path / person / "v0"
        folder.mkdir(parents=True)
        np.save(folder / "landmarks.npy", landmarks.astype("float32"))
        for i, points in enumerate(landmarks):
            image = draw_landmarks(points, 64)
            cv2.imwrite(str(folder / f"{i:04d}.png"), image)
    return path


def rows(run):
    with open(run / "log.csv", newline="") as file:
        return [int(row["step"]) for row in csv.DictReader(file)]


def test_begin_refuse_resume(data, tmp_path, capfd, eager):
    run = tmp_path / "run"
    begin = ["train", "--data", str(data), "--output", str(run)]
    begin += ["--recipe", "small", "--perceptual", "none", "--image-size", "64"]
    begin += ["--width", "4", "--batch-size", "1", "--steps", "2"]
    begin += ["--validation", "0", "0", "--checkpoint-every", "1"]
    begin += ["--optimizer", "muon", "--decay", "1"]
    # With all that a new run needs, there may be nothing to resume.
    assert cli.main([*begin, "--resume"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert [line.partition(",")[0] for line in lines[:2]] == [
        "step 1 of 2",
        "step 2 of 2",
    ]
    assert lines[2:] == [f"2 steps done: {run / 'preset'}"]
    assert rows(run) == [1, 2]
    compiled = json.loads((run / "run.json").read_text())["compile"]
    optimizer = compiled["generator_optimizer"]
    assert optimizer["class_name"] == "ConvMuon"
    assert optimizer["config"]["learning_rate"]["config"]["decay_fraction"] == 1
    first = Reenactor.from_preset(run / "preset")
    assert first.image_size == 64

    assert cli.main(begin) == 1
    error = capfd.readouterr().err
    assert error.startswith("aan-keras: error: ") and error.count("\n") == 1
    assert "holds a training run: resume it" in error

    assert cli.main([*begin, "--resume"]) == 0
    assert "2 steps done" in capfd.readouterr().out
    resume = ["train", "--output", str(run), "--resume", "--steps", "3"]
    assert cli.main(resume) == 0
    assert "3 steps done" in capfd.readouterr().out
    assert rows(run) == [1, 2, 3]
    second = Reenactor.from_preset(run / "preset")
    changed = [
        np.abs(new - old).max()
        for new, old in zip(
            second.appearance_extractor.get_weights(),
            first.appearance_extractor.get_weights(),
        )
    ]
    assert max(changed) > 0


@pytest.mark.parametrize("kind", [FloatingPointError, ConnectionError])
def test_what_stops_a_run_is_one_plain_line(monkeypatch, capfd, kind):
    def stop(*words, **options):
        raise kind("training stopped: `l1` is nan at step 7")

    monkeypatch.setattr(recipe_run, "train_recipe", stop)
    words = ["train", "--data", "x", "--steps", "9", "--output", "nowhere"]
    assert cli.main(words) == 1
    error = capfd.readouterr().err
    assert error == "aan-keras: error: training stopped: `l1` is nan at step 7\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--data", "nowhere", "--steps", "1"], "nowhere"),
        (["--resume"], "no training run in"),
        (["--data", "x", "--steps", "1", "--preset", "none"], "no preset"),
        (["--data", "x", "--steps", "1", "--image-size", "100"], "multiple of 32"),
    ],
)
def test_failures_are_one_line_and_leave_nothing(tmp_path, capfd, words, message):
    small = ["--recipe", "small", "--perceptual", "none", "--width", "4"]
    run = tmp_path / "run"
    assert cli.main(["train", "--output", str(run), *small, *words]) == 1
    error = capfd.readouterr().err
    assert error.startswith("aan-keras: error: ") and error.count("\n") == 1
    assert message in error
    assert not run.exists()


@pytest.mark.parametrize(
    ("words", "given", "expected"),
    [
        (["train", "--output", "run", "--resume"], None, "1"),
        (["train", "--output", "run", "--resume"], "0", "0"),
        (["demo", "--output", "nowhere"], None, None),
    ],
)
def test_only_training_asks_for_onednn(monkeypatch, words, given, expected):
    """Before TensorFlow is imported, and never over the user's own setting."""
    if given is None:
        monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS")
    seen = []

    def quiet(debug):
        seen.append(os.environ.get("TF_ENABLE_ONEDNN_OPTS"))
        raise RuntimeError("far enough")

    monkeypatch.setattr(console, "quiet_tensorflow", quiet)
    assert cli.main(words) == 1
    assert seen == [expected]
