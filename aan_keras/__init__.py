"""One-shot face reenactment with appearance adaptive normalization, for Keras 3."""

import importlib

# Imported at once, so that `keras.saving.load_model` finds the registered classes.
from aan_keras import layers, losses, models
from aan_keras.models.reenactor import Reenactor

__version__ = "0.1.0"

# Imported when first used (PEP 562): these need dlib, OpenCV, PyAV or TensorFlow.
_LAZY_ROOMS = ("data", "faces", "training")
_LAZY_NAMES = {"reenact": "aan_keras.reenactment"}

__all__ = [
    "Reenactor",
    "__version__",
    "data",
    "faces",
    "layers",
    "losses",
    "models",
    "reenact",
    "training",
]


def __getattr__(name):
    if name in _LAZY_ROOMS:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _LAZY_NAMES:
        return getattr(importlib.import_module(_LAZY_NAMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(set(globals()) | set(__all__))
