"""Modules of `benchmarks/`, which are scripts and no package."""

import importlib
import sys
from pathlib import Path

_FOLDER = str(Path(__file__).resolve().parents[2] / "benchmarks")


def benchmark_module(name):
    """The module `benchmarks/<name>.py`."""
    sys.path.insert(0, _FOLDER)
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(_FOLDER)
