"""`aan-keras serve`, and `reenact --server`, as they are typed."""

import os
import re
import signal
import subprocess
import sys

import numpy as np
import pytest

from aan_keras import cli
from aan_keras.commands import reenact
from aan_keras.serving import ServingError
from aan_keras.serving.grpc_transport import GrpcTransport
from aan_keras.serving.model_reference import ModelReference
from aan_keras.serving.rest_transport import RestTransport
from aan_keras.serving.server_address import ServerAddress
from tests.cli.without_notices import without_notices
from tests.serving.toy_model import write_toy

COMMAND = [
    sys.executable,
    "-m",
    "aan_keras",
    "serve",
    "--port",
    "0",
    "--rest-port",
    "0",
]
LISTENS = re.compile(r"DEVELOPMENT server at (grpc://\S+) and (http://\S+);")


@pytest.fixture
def models(tmp_path):
    write_toy(tmp_path / "models" / "toy" / "4", factor=4)
    return tmp_path / "models"


def test_serve_until_it_is_ended(models):
    process = subprocess.Popen(
        [*COMMAND, "--models", str(models)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # JAX, where it was imported, has put another level into the environment.
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    try:
        assert "toy, version 4: ready" in process.stdout.readline()
        found = LISTENS.search(process.stdout.readline())
        for kind, address in zip((GrpcTransport, RestTransport), found.groups()):
            address = ServerAddress.parse(address)
            client = kind(address, ModelReference("toy"), timeout=30)
            x = np.ones((1, 2), "float32")
            assert client.predict("serving_default", {"x": x})["y"].tolist() == [[4, 4]]
            client.close()
    finally:
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (0, "stopping\n")
    assert without_notices(errors) == ""


def test_help_says_what_it_is_for(capsys):
    with pytest.raises(SystemExit):
        cli.main(["serve", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "for development only" in text
    assert "A DEVELOPMENT server" in text and "no authentication" in text


def test_models_that_are_not_there(tmp_path, capsys):
    assert cli.main(["serve", "--models", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("aan-keras: error: ") and "has no models" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", ["", "--models x --port 70000", "--models x --poll-seconds 0"]
)
def test_wrong_usage(arguments):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["serve", *arguments.split()])
    assert stopped.value.code == 2


PHOTO = ["reenact", "--source", "a.png", "--driving", "b.npz", "--output", "c.mp4"]


@pytest.mark.parametrize(
    "arguments, message",
    [
        ("--server grpc://a --preset aan_128", "--preset and --server exclude"),
        ("--model aan", "--model is for --server"),
    ],
)
def test_wrong_usage_of_reenact(arguments, message, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main([*PHOTO, *arguments.split()])
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "model, wanted",
    [
        (None, ("aan", None, None)),
        ("faces", ("faces", None, None)),
        ("faces:3", ("faces", 3, None)),
        ("faces:stable", ("faces", None, "stable")),
    ],
)
def test_model_of_reenact(model, wanted, monkeypatch):
    found = []

    def connect(server, name, version=None, label=None):
        found.append((server, name, version, label))

    monkeypatch.setattr("aan_keras.serving.serving_reenactor.ServingReenactor", connect)
    arguments = type("Arguments", (), {"server": "grpc://a", "model": model})
    reenact._reenactor(arguments)
    assert found == [("grpc://a", *wanted)]


def test_reenact_without_a_server(capsys):
    arguments = ["--server", "http://127.0.0.1:1"]
    assert cli.main([*PHOTO, *arguments]) == 1
    error = capsys.readouterr().err
    assert "cannot reach the model server at http://127.0.0.1:1 (4 attempts)" in error
    assert error.count("\n") == 1
    assert issubclass(ServingError, ValueError)
