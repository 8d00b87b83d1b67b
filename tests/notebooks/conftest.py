"""The script that executes notebooks."""

import importlib.util
import pathlib
import re

import keras
import nbformat
import pytest

from tests.models.tiny import LIGHT, tiny_reenactor

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "notebooks"


@pytest.fixture(scope="session")
def executor():
    spec = importlib.util.spec_from_file_location("execute", FOLDER / "execute.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def run_notebook(executor, tmp_path):
    """Function that runs a notebook with small sizes, and with other settings."""

    def run(name, **settings):
        notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
        for setting, value in settings.items():
            line = re.compile(f"^{setting} = .*$", re.MULTILINE)
            (cell,) = (c for c in notebook.cells if line.search(c.source))
            cell.source = line.sub(f"{setting} = {str(value)!r}", cell.source)
        path = tmp_path / f"{name}.ipynb"
        nbformat.write(notebook, path)
        return executor.execute(path, tmp_path, timeout=600, CI="1")

    return run


@pytest.fixture
def light_preset(tmp_path):
    """Folder of a small preset: what is traced of the shipped one takes longer."""
    keras.utils.set_random_seed(0)
    tiny_reenactor(**LIGHT).save_to_preset(tmp_path / "light")
    return tmp_path / "light"
