"""One-shot face reenactment with appearance adaptive normalization, for Keras 3."""

import importlib

__version__ = "0.1.0"

# Public names and rooms are imported when first used (PEP 562), so that
# `import aan_keras` stays quick and needs neither dlib, OpenCV nor PyAV.
_ROOMS = ("data", "faces", "layers", "losses", "models", "training")
_NAMES = {
    "Reenactor": "aan_keras.models.reenactor",
    "reenact": "aan_keras.reenactment",
}

__all__ = ["__version__", *_NAMES, *_ROOMS]


def __getattr__(name):
    if name in _NAMES:
        value = getattr(importlib.import_module(_NAMES[name]), name)
    elif name in _ROOMS:
        value = importlib.import_module(f"{__name__}.{name}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__():
    return sorted(set(globals()) | set(__all__))
