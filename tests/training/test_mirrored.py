"""Two devices of one machine train as one device does, GAN off and on."""

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
def differences(tmp_path_factory):
    output = tmp_path_factory.mktemp("mirrored") / "differences.json"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "2"}
    done = subprocess.run(
        [sys.executable, str(SESSION), str(output)],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(output.read_text())


def test_replicas_stay_identical(differences):
    assert differences["replicas"] == 0


@pytest.mark.parametrize("how", ["mirrored", "mirrored, accumulated, GAN"])
def test_the_result_is_that_of_one_device(differences, how):
    assert max(differences[how].values()) < 1e-5


def test_an_overflow_on_one_device_is_left_out_on_all(differences):
    weights, scales = differences["overflow"]
    mean = np.array([2.0, 3.0, 4.0])
    expected = 1 - 0.1 * mean / np.linalg.norm(mean)
    np.testing.assert_allclose(weights, [expected, expected], rtol=1e-6)
    assert scales == [32.0, 32.0]
