"""The command as a process of its own: nothing but our words on stderr."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import aan_keras
from aan_keras.demo import MOTION, PORTRAIT
from tests.cli.without_notices import without_notices


def run_process(command, cwd=None, **variables):
    root = str(Path(aan_keras.__file__).parent.parent)
    environment = {**os.environ, "PYTHONPATH": root, **variables}
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_process_fails_with_one_line_and_without_greetings(tmp_path, preset):
    """TensorFlow's messages on start-up would be there in a process of its own."""
    (tmp_path / "a.jpg").write_bytes(b"text")
    command = [sys.executable, "-m", "aan_keras", "reenact", "--preset", preset]
    command += ["--source", "a.jpg", "--driving", MOTION, "--output", "a.mp4"]
    done = run_process(command, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "aan-keras: error: a.jpg is not a photo that can be read: "
        "use a JPEG or PNG file\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]


def test_process_succeeds_in_silence(tmp_path, preset, short_track):
    command = [sys.executable, "-m", "aan_keras", "reenact", "--preset", preset]
    command += ["--source", PORTRAIT, "--driving", short_track, "--output", "a.mp4"]
    done = run_process(command, cwd=tmp_path)
    assert (done.returncode, without_notices(done.stderr)) == (0, "")
    assert done.stdout.startswith("a.mp4: 5 frames, ")


@pytest.mark.parametrize(
    ("words", "other", "message"),
    [
        (["--engine", "jax", "--accumulate", "2"], "tensorflow", "need TensorFlow"),
        (["--image-size", "100"], "jax", "multiple of 32"),
    ],
)
def test_training_has_its_backend_whatever_the_environment_says(
    tmp_path, words, other, message
):
    """Keras must not be there before the engine is known, nor TensorFlow's greetings.

    Each of these errors comes after the run has asked for its backend.
    """
    command = [sys.executable, "-m", "aan_keras", "train", "--recipe", "small", *words]
    command += ["--data", "nowhere", "--output", "run", "--steps", "1"]
    done = run_process(command, cwd=tmp_path, KERAS_BACKEND=other)
    assert done.returncode == 1
    assert done.stderr.startswith("aan-keras: error: ") and message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_help_does_not_wait_for_tensorflow():
    code = (
        "import sys; sys.argv[0] = 'aan-keras'; sys.orig_argv = ['aan-keras']\n"
        "from aan_keras.cli import main\n"
        "try:\n    main(['--help'])\n"
        "except SystemExit: print('tensorflow' in sys.modules, 'keras' in sys.modules)"
    )
    done = run_process([sys.executable, "-c", code])
    assert done.stdout.splitlines()[-1] == "False False", done.stderr
