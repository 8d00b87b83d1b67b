"""Keras losses; each docstring states the formula and its source."""

import importlib

_MODULES = {
    "GANLoss": "gan_loss",
    "IdentityLoss": "identity_loss",
    "PerceptualLoss": "perceptual_loss",
    "ReenactmentLoss": "reenactment_loss",
}

__all__ = list(_MODULES)


def __getattr__(name):
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__():
    return sorted(set(globals()) | set(__all__))
