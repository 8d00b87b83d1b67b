"""`aan-keras export` as it is typed."""

import pytest

from aan_keras import cli, exporting
from aan_keras.commands import console
from aan_keras.exporting import LiteRTReenactor
from tests.models.tiny import tiny_reenactor


@pytest.fixture(scope="module")
def model():
    return tiny_reenactor(local_net=False, spectral_norm=False)


@pytest.fixture(autouse=True)
def small(monkeypatch, model):
    monkeypatch.setattr(console, "load_reenactor", lambda arguments: model)


def test_saved_model_versions(tmp_path, capsys):
    command = ["export", "--format", "saved_model", "--output", str(tmp_path / "aan")]
    assert cli.main([*command, "--version", "3", "--no-warm-up"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'aan' / '3'}\n"
    names = {path.name for path in (tmp_path / "aan" / "3").iterdir()}
    assert {"saved_model.pb", "variables", "assets"} <= names
    assert "assets.extra" not in names
    assert cli.main([*command, "--version", "3"]) == 1
    assert "3 exists already: choose another version" in capsys.readouterr().err


def test_tflite(tmp_path, capsys):
    path = tmp_path / "aan.tflite"
    command = ["export", "--format", "tflite", "--output", str(path)]
    assert cli.main([*command, "--quantization", "dynamic"]) == 0
    assert capsys.readouterr().out == f"{path}\n"
    metadata = LiteRTReenactor(path).metadata
    assert metadata["quantization"] == "dynamic"
    assert metadata["preset"] == "aan_128"


def test_onnx(tmp_path, capsys, monkeypatch, model):
    written = []
    monkeypatch.setattr(
        exporting,
        "export_onnx",
        lambda *args, **options: written.append((args, options)),
    )
    path = str(tmp_path / "aan")
    assert cli.main(["export", "--format", "onnx", "--output", path]) == 0
    assert capsys.readouterr().out == f"{path}\n"
    assert written == [((model, path), {"preset": "aan_128"})]


@pytest.mark.parametrize(
    "arguments, message",
    [
        ("--format tflite --output x.tflite --version 3", "--version and"),
        ("--format saved_model --output x --data y", "--quantization and --data"),
        ("--format tflite --output x.bin", "must end in .tflite"),
        ("--format tflite --output x.tflite --data y", "--data is for"),
        ("--format onnx --output x --quantization int8", "are for --format tflite"),
        ("--format onnx --output x --version 3", "are for --format saved_model"),
        ("--format torch --output x", "invalid choice"),
    ],
)
def test_wrong_usage(arguments, message, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["export", *arguments.split()])
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


def test_a_folder_that_is_missing(tmp_path, capsys):
    path = tmp_path / "missing" / "aan.tflite"
    assert cli.main(["export", "--format", "tflite", "--output", str(path)]) == 1
    assert "there is no folder" in capsys.readouterr().err
