"""Outputs that can't be written, and commands that are interrupted or fail."""

import os
import resource
import signal

import pytest

from aan_keras.commands import console
from aan_keras.demo import PORTRAIT
from tests.copier import Copier


def test_unwritable_output(fails, copier, folder, short_track):
    message = fails(PORTRAIT, short_track, "none/out.mp4")
    assert "there is no folder" in message
    message = fails(PORTRAIT, short_track, "a" * 300 + ".mp4")
    assert "name too long" in message
    message = fails(PORTRAIT, PORTRAIT, "none/out.png")
    assert "there is no folder" in message


def test_output_is_a_folder(run, copier, folder, short_track):
    (folder / "a.mp4").mkdir()
    words = ("--source", PORTRAIT, "--driving", short_track)
    code, _, err = run("reenact", *words, "--output", folder / "a.mp4")
    assert code == 1 and err.count("\n") == 1 and "it is a folder" in err
    assert list(folder.iterdir()) == [folder / "a.mp4"]


def test_output_that_is_an_input(run, monkeypatch, folder, short_track):
    """It is noticed before weights are loaded."""
    photo = folder / "a.jpg"
    photo.write_bytes(PORTRAIT.read_bytes())
    monkeypatch.setattr(console, "load_reenactor", lambda arguments: 1 / 0)
    words = ("--source", photo, "--driving", PORTRAIT, "--output", photo)
    code, _, err = run("reenact", *words)
    assert code == 1 and err.count("\n") == 1 and "which is an input" in err
    assert photo.read_bytes() == PORTRAIT.read_bytes()


def test_disk_that_fills_up(fails, copier):
    """The system's limit on file sizes does to us what a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        message = fails()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "File too large" in message


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_leaves_nothing(run, monkeypatch, folder, number):
    class Interrupted(Copier):
        def drive(self, code, driving_landmarks):
            os.kill(os.getpid(), number)
            return code["source"]

    handler = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(console, "load_reenactor", lambda arguments: Interrupted())
    # A shell starts its background jobs with Ctrl-C ignored, and tests may be one.
    keyboard = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        code, out, err = run("demo", "--output", folder)
    finally:
        signal.signal(signal.SIGINT, keyboard)
    assert (code, out, err) == (130, "", "aan-keras: interrupted\n")
    assert list(folder.iterdir()) == []
    assert signal.getsignal(signal.SIGTERM) == handler


def test_failure_keeps_the_older_file(run, monkeypatch, folder):
    class Failing(Copier):
        def encode_source(self, source, source_landmarks):
            raise RuntimeError("no\nluck")

    monkeypatch.setattr(console, "load_reenactor", lambda arguments: Failing())
    (folder / "demo.mp4").write_bytes(b"old")
    code, _, err = run("demo", "--output", folder)
    message = "RuntimeError: no luck: run again with --debug for details"
    assert (code, err) == (1, f"aan-keras: error: {message}\n")
    assert [path.name for path in folder.iterdir()] == ["demo.mp4"]
    assert (folder / "demo.mp4").read_bytes() == b"old"
    with pytest.raises(RuntimeError, match="no\nluck"):
        run("demo", "--output", folder, "--debug")
