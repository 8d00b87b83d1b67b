"""Two processes on this machine's loopback train as one process does."""

import csv
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SESSION = Path(__file__).with_name("worker_session.py")
ROOT = SESSION.parents[2]


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("localhost", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def start(faces, output, weights, kill_at=0, cluster=None, index=0):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "2"}
    environment.pop("TF_CONFIG", None)
    if cluster:
        task = {"type": "worker", "index": index}
        config = {"cluster": {"worker": cluster}, "task": task}
        environment["TF_CONFIG"] = json.dumps(config)
    words = [str(faces), str(output), str(kill_at), str(weights)]
    return subprocess.Popen(
        [sys.executable, str(SESSION), *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def start_pair(faces, output, folder, kill_at=0):
    cluster = [f"localhost:{port}" for port in free_ports(2)]
    return [
        start(faces, output, folder / f"{i}.npz", kill_at * i, cluster, i)
        for i in range(2)
    ]


def arrays(path):
    with np.load(path) as file:
        return [file[f"arr_{i}"] for i in range(len(file.files))]


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_two_workers_equal_one_and_resume_after_a_kill(faces, tmp_path):
    alone = start(faces, tmp_path / "alone", tmp_path / "alone.npz")
    text, _ = alone.communicate()
    assert alone.returncode == 0, text

    run = tmp_path / "run"
    chief, killed = start_pair(faces, run, tmp_path, kill_at=3)
    text, _ = killed.communicate()
    assert killed.returncode == -signal.SIGKILL, text
    text, _ = chief.communicate()
    assert chief.returncode == 1 and "lost: the connection to another" in text, text
    names = sorted(path.name for path in (run / "checkpoints").iterdir())
    assert names == ["step_00000002.npz"]
    assert not (tmp_path / "0.npz").exists()

    for worker in start_pair(faces, run, tmp_path):
        text, _ = worker.communicate()
        assert worker.returncode == 0, text
    expected, *workers = (arrays(tmp_path / f"{n}.npz") for n in ("alone", 0, 1))
    for one, chief, other in zip(expected, *workers, strict=True):
        np.testing.assert_array_equal(chief, other)
        np.testing.assert_allclose(chief, one, atol=1e-5)

    # The chief's files are those of a run alone; the others have a log only.
    assert sorted(p.name for p in run.iterdir()) == sorted(
        [*(p.name for p in (tmp_path / "alone").iterdir()), "workers"]
    )
    log, own, reference = (
        rows(path / "log.csv") for path in (run, run / "workers/1", tmp_path / "alone")
    )
    assert [row["step"] for row in log] == list("1234")
    for row, other, one in zip(log, own, reference, strict=True):
        assert row.keys() == other.keys() == one.keys()
        for name in set(row) - {"seconds_per_step"}:
            assert row[name] == other[name]
            if row[name]:
                assert float(row[name]) == pytest.approx(float(one[name]), rel=1e-4)
