"""Two devices of one machine train as one device does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SESSION = Path(__file__).with_name("mirrored_session.py")
ROOT = SESSION.parents[2]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    output = tmp_path_factory.mktemp("mirrored") / "found.json"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "2"}
    done = subprocess.run(
        [sys.executable, str(SESSION), str(output)],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(output.read_text())


def test_replicas_stay_identical(found):
    assert found["replicas"] == 0


def test_the_result_is_that_of_one_device(found):
    assert max(found["differences"].values()) < 1e-5


def test_muon_takes_the_step_of_the_whole_batch(found):
    assert len(found["muon"]) == 2 and max(found["muon"]) < 1e-6


def test_an_overflow_on_one_device_is_left_out_on_all(found):
    weights, scales = found["overflow"]
    mean = np.array([2.0, 3.0, 4.0])
    expected = 1 - 0.1 * mean / np.linalg.norm(mean)
    np.testing.assert_allclose(weights, [expected, expected], rtol=1e-6)
    assert scales == [32.0, 32.0]
