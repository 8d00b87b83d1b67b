"""`aan-keras demo --web` as a process."""

import os
import re
import signal
import subprocess
import sys
import urllib.request

import pytest

from aan_keras import cli
from tests.cli.without_notices import without_notices

COMMAND = [sys.executable, "-m", "aan_keras", "demo"]


def test_serves_until_it_is_stopped(tmp_path):
    # JAX, where it was imported, has put another level into the environment.
    environment = {**os.environ, "TMPDIR": str(tmp_path), "TF_CPP_MIN_LOG_LEVEL": "3"}
    process = subprocess.Popen(
        [*COMMAND, "--web", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        line = process.stdout.readline()
        found = re.match(r"(http://127\.0\.0\.1:\d+) \(Ctrl-C stops it\)", line)
        page = urllib.request.urlopen(found[1]).read().decode()
        assert "Animate a photo" in page and "aanLive" in page
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 0 and without_notices(errors) == ""
    assert "Anyone" not in output
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--port", "8000"], "--host and --port belong to --web"),
        (["--host", "0.0.0.0"], "--host and --port belong to --web"),
        (["--web", "--port", "70000"], "--port must be from 0 to 65535"),
    ],
)
def test_usage(capsys, arguments, message):
    with pytest.raises(SystemExit) as error:
        cli.main(["demo", *arguments])
    assert error.value.code == 2
    assert message in capsys.readouterr().err


def test_an_address_that_is_not_ours(capsys):
    # 192.0.2.0/24 is set aside for documents.
    assert cli.main(["demo", "--web", "--host", "192.0.2.1", "--port", "0"]) == 1
    errors = capsys.readouterr().err
    assert errors.startswith("aan-keras: error: cannot listen on 192.0.2.1, port 0: ")
    assert errors.count("\n") == 1


def test_the_package_does_not_load_gradio():
    code = (
        "import sys, aan_keras, aan_keras.commands.demo, aan_keras.webdemo\n"
        "assert not {'gradio', 'fastapi', 'uvicorn'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
