"""Version folders appear whole, or not at all."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest
import tensorflow as tf

from aan_keras.exporting import export_version, versions
from aan_keras.exporting.versions import folder_at_once
from aan_keras.faces import InputError


@pytest.fixture
def no_model(monkeypatch):
    """Exports write one small file."""

    def export(reenactor, path, **options):
        (path / "saved_model.pb").write_text(f"{reenactor} {sorted(options.items())}")

    monkeypatch.setattr(versions, "export_saved_model", export)


def numbers(base):
    return sorted(p.name for p in base.iterdir())


def test_versions_count_up(no_model, tmp_path):
    base = tmp_path / "models" / "aan"
    assert export_version("model", base) == base / "1"
    assert export_version("model", base, 9).name == "9"
    assert export_version("model", base).name == "10"
    assert numbers(base) == ["1", "10", "9"]
    text = (base / "10" / "saved_model.pb").read_text()
    assert text == "model [('name', 'aan'), ('version', 10)]"


def test_a_version_is_never_replaced(no_model, tmp_path):
    export_version("first", tmp_path, 3)
    with pytest.raises(InputError, match="3 exists already"):
        export_version("second", tmp_path, 3)
    assert (tmp_path / "3" / "saved_model.pb").read_text().startswith("first")


def test_an_error_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError), folder_at_once(tmp_path / "3") as folder:
        (folder / "half").touch()
        raise ZeroDivisionError
    assert numbers(tmp_path) == []


def test_a_file_in_the_way_is_named(no_model, tmp_path):
    (tmp_path / "aan").touch()
    with pytest.raises(InputError, match="cannot write .*aan"):
        export_version("model", tmp_path / "aan", 1)


def test_a_full_disk_is_named(tmp_path, monkeypatch):
    def export(*_, **options):
        message = "{{node a}} /b/part.tempstate1; No space left on device [Op:SaveV2]"
        raise tf.errors.ResourceExhaustedError(None, None, message)

    monkeypatch.setattr(versions, "export_saved_model", export)
    with pytest.raises(InputError, match="aan: No space left on device: free or"):
        export_version("model", tmp_path / "aan", 1)
    assert numbers(tmp_path / "aan") == []


CODE = """
import sys, time
from aan_keras.exporting.versions import folder_at_once
with folder_at_once(sys.argv[1]) as folder:
    (folder / "saved_model.pb").touch()
    print("writing", flush=True)
    time.sleep(60)
"""


def test_a_killed_export_leaves_no_number_and_is_cleaned_up(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", CODE, tmp_path / "3"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "writing\n"
    (left,) = numbers(tmp_path)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert numbers(tmp_path) == [left]
    assert left.startswith(".3.partial-") and not left.isdecimal()
    with folder_at_once(tmp_path / "3") as folder:
        # What another process is writing stays.
        other = tmp_path / f".3.partial-{os.getppid()}"
        other.mkdir()
        (folder / "new").touch()
        assert time.time() - folder.stat().st_mtime < 60
    assert numbers(tmp_path) == [other.name, "3"]


def test_what_is_left_of_a_name_with_brackets_is_cleaned_up(tmp_path):
    finished = subprocess.Popen(["true"])
    finished.wait()
    (tmp_path / f".a[1].partial-{finished.pid}").mkdir()
    with folder_at_once(tmp_path / "a[1]") as folder:
        (folder / "new").touch()
    assert numbers(tmp_path) == ["a[1]"]


EXPORT = """
import sys
from aan_keras.exporting import export_version
from tests.models.tiny import tiny_reenactor
model = tiny_reenactor(local_net=False, spectral_norm=False)
print("exporting", flush=True)
export_version(model, sys.argv[1], 3, warm_up=False)
print("finished", flush=True)
"""


def test_a_real_export_killed_while_it_writes(tmp_path):
    base = tmp_path / "models"
    process = subprocess.Popen(
        [sys.executable, "-c", EXPORT, base],
        cwd=pathlib.Path(__file__).resolve().parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "exporting\n"
    # The weights are written before the graph.
    while process.poll() is None and not list(base.glob("*/variables/variables.*")):
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.communicate()[0] == ""
    assert process.returncode == -signal.SIGKILL
    (left,) = numbers(base)
    assert not left.isdecimal() and any((base / left).rglob("*"))
    assert versions.versions(base) == []
