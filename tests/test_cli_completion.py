"""TAB in a real shell, and what `--help` shows."""

import os
import pty
import re
import select
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aan_keras import cli
from aan_keras.commands import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
NAMES = [module.NAME for module in COMMANDS]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80", "TERM": "dumb"}


def run(*words):
    """Runs the command in a process of its own."""
    command = [sys.executable, *words]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True)


@pytest.fixture(scope="module", params=["bash", "zsh", "fish"])
def script(request, tmp_path_factory):
    """A shell's name, and the file of its script."""
    made = run("-m", "aan_keras", "completion", request.param)
    assert made.returncode == 0 and made.stderr == ""
    path = tmp_path_factory.mktemp("completion") / f"completion.{request.param}"
    path.write_text(made.stdout)
    return request.param, path


def need(shell):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")


def test_script_knows_every_command_and_is_valid(script):
    shell, path = script
    for name in NAMES:
        assert re.search(rf"(?<![\w-]){name}(?![\w-])", path.read_text())
    need(shell)
    subprocess.run([shell, "-n", path], check=True)


class Terminal:
    """An interactive shell at a terminal."""

    def __init__(self, command, folder):
        self.process, self._end = None, None
        self._end, other = pty.openpty()
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=ENVIRONMENT,
            stdin=other,
            stdout=other,
            stderr=other,
        )
        os.close(other)

    def type(self, text, until, seconds=30):
        """Types `text`; what is shown up to a match of `until`."""
        os.write(self._end, text.encode())
        shown, end = "", time.monotonic() + seconds
        while not (found := re.search(until, shown)):
            assert time.monotonic() < end, f"waited for {until!r}: {shown!r}"
            if select.select([self._end], [], [], 1)[0]:
                shown += os.read(self._end, 4096).decode(errors="replace")
        return found

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self._end)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "photo.jpg").touch()
    (tmp_path / "results").mkdir()
    return tmp_path


# How each shell starts without the user's settings, and what it needs before.
STARTS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], ""),
    "zsh": (["zsh", "-f", "-i"], "autoload -U compinit; compinit -u -D\n"),
}


@pytest.mark.parametrize("shell", STARTS)
@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("reen\t", "reenact"),
        ("train-l\t", "train-landmarks"),
        ("reenact --landmarks rel\t", "reenact --landmarks relative"),
        ("reenact --side\t--source pho\t", "reenact --side-by-side --source photo.jpg"),
        (
            "export --format sav\t--output res\t",
            "export --format saved_model --output results",
        ),
        ("demo --preset aan\t", "demo --preset aan_128"),
        ("completion fi\t", "completion fish"),
    ],
)
def test_tab(folder, tmp_path_factory, shell, typed, completed):
    need(shell)
    made = run("-m", "aan_keras", "completion", shell).stdout
    script = tmp_path_factory.mktemp("script") / "completion"
    script.write_text(made)
    command, before = STARTS[shell]
    terminal = Terminal(command, folder)
    try:
        # What was completed is shown by a function in the command's place.
        terminal.type(
            f'{before}eval "$(cat {shlex.quote(str(script))})"\n'
            "aan-keras() { printf '<%s>' \"$*\"; }\necho rea''dy\n",
            "ready",
        )
        found = terminal.type(f"aan-keras {typed}\n", r"<([^%>]+)>")
    finally:
        terminal.close()
    # A folder is followed by a slash in bash.
    assert found[1].rstrip("/") == completed


@pytest.mark.parametrize(
    ("typed", "completed"),
    [("reen", ["reenact"]), ("reenact --source ph", ["photo.jpg"])],
)
def test_completions_of_fish(folder, typed, completed):
    need("fish")
    made = run("-m", "aan_keras", "completion", "fish").stdout
    words = ["fish", "--no-config", "-c", f"{made}\ncomplete -C 'aan-keras {typed}'"]
    shown = subprocess.run(words, cwd=folder, capture_output=True, text=True).stdout
    assert [line.split("\t")[0] for line in shown.split("\n") if line] == completed


def test_printing_the_script_needs_neither_keras_nor_tensorflow():
    told = run("-X", "importtime", "-m", "aan_keras", "completion", "bash").stderr
    modules = {line.rpartition("|")[2].strip() for line in told.splitlines()}
    assert "aan_keras.cli" in modules
    assert not modules & {"keras", "tensorflow", "numpy"}


def test_help_fits_a_screen():
    lines = run("-m", "aan_keras", "--help").stdout.splitlines()
    assert len(lines) <= 24 and max(map(len, lines)) <= 80
    listed = [line.split()[0] for line in lines if re.match(r" {4}[a-z]", line)]
    assert listed == NAMES


@pytest.mark.parametrize("module", COMMANDS, ids=NAMES)
def test_examples_of_every_command_are_valid(module):
    """They are in the help, and each is a line that the command understands."""
    text = module.EXAMPLE.replace("\\\n", " ")
    examples = re.findall(r"aan-keras [^\n\")>#]*", text)
    assert any(example.split()[1] == module.NAME for example in examples)
    for example in examples:
        cli.make_parser().parse_args(shlex.split(example)[1:])
