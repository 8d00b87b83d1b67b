"""One-shot face reenactment with appearance adaptive normalization, for Keras 3."""

import importlib
import pathlib
import sys

__version__ = "0.1.0"

__all__ = [
    "Reenactor",
    "__version__",
    "data",
    "evaluation",
    "exporting",
    "faces",
    "layers",
    "losses",
    "metrics",
    "models",
    "preparation",
    "reenact",
    "serving",
    "training",
]

# Resolved when first used (PEP 562): some need dlib, OpenCV, PyAV or TensorFlow.
_ROOMS = (
    "data",
    "evaluation",
    "exporting",
    "faces",
    "layers",
    "losses",
    "metrics",
    "models",
    "preparation",
    "serving",
    "training",
)
_HOMES = {
    "Reenactor": "aan_keras.models.reenactor",
    "reenact": "aan_keras.reenactment",
}


def __getattr__(name):
    if name in _ROOMS:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(set(globals()) | set(__all__))


def _runs_as_command():
    """True in the process of `aan-keras` or `python -m aan_keras`, and its workers."""
    process = sys.modules.get("multiprocessing.process")
    if process and process.current_process().name == "aan-keras worker":
        return True
    words = sys.orig_argv
    modules = [after for word, after in zip(words, words[1:]) if word == "-m"]
    return (
        modules[:1] == [__name__]
        or modules[:1] == [f"{__name__}.cli"]
        or "aan-keras" in {pathlib.Path(word).stem for word in words[:2]}
    )


# At once, so that `keras.saving.load_model` finds the registered classes. Not in the
# command, whose `--help` needs no Keras, and which loads TensorFlow without its noise.
if not _runs_as_command():
    from aan_keras import layers, losses, metrics, models
    from aan_keras.models.reenactor import Reenactor
