import importlib.metadata
import json
import shutil

import pytest
from packaging.requirements import Requirement

import aan_keras
from aan_keras import cli, installation
from aan_keras.installation import (
    inspect_installation,
    inspect_package,
    inspect_presets,
)
from aan_keras.models.preset import PRESETS


@pytest.fixture(scope="module")
def found():
    return inspect_installation()


def test_every_requirement_is_looked_up(found):
    findings = {f.subject: f for f in found["packages"]}
    for name in (
        "tensorflow",
        "keras",
        "numpy",
        "dlib-bin",
        "av",
        "scipy",
        "scikit-image [test]",
    ):
        version = importlib.metadata.version(name.split()[0])
        assert findings[name].state == version and not findings[name].remedy
        assert findings[name].needed


def test_this_installation_is_complete(found):
    lacking = [f for part in found.values() for f in part if f.remedy and f.needed]
    assert lacking == []
    assert found["system"][0].state == aan_keras.__version__
    assert {f.subject for f in found["video"]} == {"libx264", "aac"}


@pytest.mark.parametrize("extra", ["", "notebooks"])
def test_missing_or_old_package(extra):
    missing = inspect_package(Requirement("no-such-package-at-all>=2"), extra)
    assert (missing.state, missing.needed) == ("missing", not extra)
    wanted = "'aan_keras[notebooks]'" if extra else "'no-such-package-at-all>=2'"
    assert missing.remedy == f"pip install {wanted}"
    old = inspect_package(Requirement("numpy>=99"), extra)
    version = importlib.metadata.version("numpy")
    assert old.state == f"{version}, but >=99 is needed"
    assert old.remedy == "pip install 'numpy>=99'" and old.needed == (not extra)


def test_presets_are_checked_by_sha256(tmp_path):
    shipped = {f.subject: f for f in inspect_presets(PRESETS)}
    assert "SHA-256 right" in shipped["aan_128"].state
    shutil.copytree(PRESETS / "aan_128", tmp_path / "changed")
    weights = tmp_path / "changed" / "weights.npz"
    weights.write_bytes(weights.read_bytes()[:-1])
    shutil.copytree(PRESETS / "aan_128", tmp_path / "lost")
    (tmp_path / "lost" / "weights.npz").unlink()
    shutil.copytree(PRESETS / "aan_128", tmp_path / "odd")
    (tmp_path / "odd" / "config.json").write_text(json.dumps([1]))
    states = {f.subject: f for f in inspect_presets(tmp_path)}
    assert "does not match its SHA-256" in states["changed"].state
    assert "can't be read: FileNotFoundError" in states["lost"].state
    assert "can't be read: TypeError" in states["odd"].state
    assert all(f.remedy and f.needed for f in states.values())
    (nothing,) = inspect_presets(tmp_path / "lost" / "none")
    assert nothing.remedy


def test_command_prints_findings_and_fails_when_something_is_missing(
    capfd, monkeypatch, found
):
    monkeypatch.setattr(installation, "inspect_installation", lambda: found)
    assert cli.main(["doctor"]) == 0
    out, err = capfd.readouterr()
    assert err == "" and out.splitlines()[-1].startswith("everything")
    for part in found.values():
        for finding in part:
            assert finding.subject in out and finding.state in out
            assert finding.remedy in out
    lacking = installation.Finding("aan_128", "does not match", "install it again")
    found = {**found, "presets": [lacking]}
    monkeypatch.setattr(installation, "inspect_installation", lambda: found)
    assert cli.main(["doctor"]) == 1
    out, err = capfd.readouterr()
    assert "-> install it again" in out
    assert err == (
        "aan-keras: error: 1 thing that the commands need is missing or wrong: "
        "follow the arrows above\n"
    )
