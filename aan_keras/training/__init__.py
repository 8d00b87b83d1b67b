"""Training runs that can be killed at any moment and go on exactly."""

import importlib

_HOMES = {
    "ConstantThenDecay": "constant_then_decay",
    "ExactCheckpoint": "exact_checkpoint",
    "LossGuard": "loss_guard",
    "SampleImages": "sample_images",
    "TrainingLog": "training_log",
    "latest_checkpoint": "checkpoint",
    "load_checkpoint": "checkpoint",
    "make_strategy": "devices",
    "save_checkpoint": "checkpoint",
    "train": "train",
}

__all__ = list(_HOMES)


# Resolved when first used (PEP 562): most of it needs TensorFlow, recipes don't.
def __getattr__(name):
    if name in _HOMES:
        module = importlib.import_module(f"{__name__}.{_HOMES[name]}")
        globals()[name] = getattr(module, name)
        return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(set(globals()) | set(__all__))
