"""The LiteRT example program, run as a user runs it."""

import pathlib
import subprocess
import sys

import cv2
import numpy as np
import pytest

from aan_keras.exporting import export_tflite
from tests.models.tiny import DEPARTURES, batch_of, shake, tiny_reenactor

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / "export/mobile/animate.py"
# Neither TensorFlow nor this package may be needed.
CODE = """
import runpy, sys
sys.modules.update(dict.fromkeys(("tensorflow", "keras", "aan_keras")))
runpy.run_path(sys.argv.pop(1), run_name="__main__")
"""


@pytest.fixture(scope="module")
def model():
    model = tiny_reenactor(**DEPARTURES)
    # More, and rounding errors of float32 grow to grey levels on the way.
    shake(model, 0.05)
    return model


def test_frames_are_those_of_keras(model, tmp_path):
    inputs = {name: np.asarray(value) for name, value in batch_of(1).items()}
    source = np.round((inputs["source"] + 1) * 127.5).astype("uint8")
    driving = np.asarray(batch_of(3, seed=4)["driving_landmarks"])
    export_tflite(model, tmp_path / "aan.tflite")
    cv2.imwrite(str(tmp_path / "source.ppm"), source[0, ..., ::-1])
    np.save(tmp_path / "source.npy", inputs["source_landmarks"][0])
    np.save(tmp_path / "driving.npy", driving)
    arguments = {
        "model": "aan.tflite",
        "source": "source.ppm",
        "source-landmarks": "source.npy",
        "driving-landmarks": "driving.npy",
        "output": "frames",
    }
    command = [sys.executable, "-c", CODE, PROGRAM]
    for name, value in arguments.items():
        command += [f"--{name}", value]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert result.stdout == "3 frames in frames\n", result.stderr
    code = model.encode_source(
        source.astype("float32") / 127.5 - 1, inputs["source_landmarks"]
    )
    for t in range(3):
        image = np.asarray(model.drive(code, driving[t : t + 1]), "float64")[0]
        wanted = np.round((image + 1) * 127.5)
        assert wanted.std() > 5
        found = cv2.imread(str(tmp_path / "frames" / f"{t:06d}.ppm"))[..., ::-1]
        assert np.abs(found - wanted).max() <= 1
