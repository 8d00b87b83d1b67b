"""A run killed with SIGKILL and started again equals one that was not, bit for bit."""

import csv
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

SESSION = Path(__file__).with_name("exact_resume_session.py")
ROOT = SESSION.parents[2]


def start(faces, output, kill_at=0):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "2"}
    return subprocess.Popen(
        [sys.executable, str(SESSION), str(faces), str(output), str(kill_at)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def log_rows(output):
    with open(output / "log.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        del row["seconds_per_step"]
    return rows


def test_killed_and_resumed_run_gives_the_same_bits(faces, tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    uninterrupted = start(faces, whole)
    killed = start(faces, parts, kill_at=5)
    output, _ = killed.communicate()
    assert killed.returncode == -signal.SIGKILL, output
    # Killed between two checkpoints, and after a row that no checkpoint covers.
    names = sorted(file.name for file in (parts / "checkpoints").iterdir())
    assert names == ["step_00000002.npz", "step_00000004.npz"]
    assert [row["step"] for row in log_rows(parts)] == list("12345")

    resumed = start(faces, parts)
    output, _ = resumed.communicate()
    assert resumed.returncode == 0, output
    output, _ = uninterrupted.communicate()
    assert uninterrupted.returncode == 0, output

    with (
        np.load(whole / "checkpoints/step_00000006.npz") as expected,
        np.load(parts / "checkpoints/step_00000006.npz") as actual,
        np.load(parts / "checkpoints/step_00000004.npz") as earlier,
    ):
        assert sorted(actual.files) == sorted(expected.files)
        groups = {name.split("/")[0] for name in actual.files}
        assert groups == {
            "model",
            "generator_optimizer",
            "discriminator_optimizer",
            "header",
        }
        for name in expected.files:
            assert actual[name].tobytes() == expected[name].tobytes(), name
        moved = [n for n in expected.files if (actual[n] != earlier[n]).any()]
        assert len(moved) > 0.8 * len(expected.files)

    rows = log_rows(parts)
    assert [row["step"] for row in rows] == list("123456")
    assert rows == log_rows(whole)
    events = EventAccumulator(str(parts / "events"))
    events.Reload()
    assert [event.step for event in events.Scalars("loss")] == [1, 2, 3, 4, 5, 6]
