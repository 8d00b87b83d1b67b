"""Presets that are missing, damaged or of another kind."""

import shutil

import pytest

from aan_keras.demo import MOTION, PORTRAIT


@pytest.mark.parametrize("name", ["nothing", "aan_128"])
def test_wrong_landmark_preset(fails, copier, name):
    message = fails(PORTRAIT, MOTION, "a.mp4", "--landmark-preset", name)
    assert name in message


def test_unknown_preset(fails):
    message = fails(PORTRAIT, MOTION, "a.mp4", "--preset", "nothing")
    assert "no preset" in message and "nothing" in message


def test_missing_weights(fails, preset, tmp_path):
    shutil.copytree(preset, tmp_path / "copy")
    (tmp_path / "copy" / "weights.npz").unlink()
    message = fails(PORTRAIT, MOTION, "a.mp4", "--preset", tmp_path / "copy")
    assert "weights.npz can't be read" in message


def test_tampered_weights(fails, preset, tmp_path):
    shutil.copytree(preset, tmp_path / "copy")
    weights = tmp_path / "copy" / "weights.npz"
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 1
    weights.write_bytes(data)
    message = fails(PORTRAIT, MOTION, "a.mp4", "--preset", tmp_path / "copy")
    assert "do not match their SHA-256" in message


def test_damaged_configuration(fails, preset, tmp_path):
    shutil.copytree(preset, tmp_path / "copy")
    (tmp_path / "copy" / "config.json").write_text("{")
    message = fails(PORTRAIT, MOTION, "a.mp4", "--preset", tmp_path / "copy")
    assert "config.json is missing or damaged" in message
