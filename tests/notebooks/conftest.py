"""The script that executes notebooks."""

import importlib.util
import pathlib

import pytest

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "notebooks"


@pytest.fixture(scope="session")
def executor():
    spec = importlib.util.spec_from_file_location("execute", FOLDER / "execute.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def run_notebook(executor, tmp_path):
    """Function that runs a notebook with small sizes."""
    return lambda name: executor.execute(
        FOLDER / f"{name}.ipynb", tmp_path, timeout=600, CI="1"
    )
