"""The paper's networks, one a file, and `Reenactor`, which trains and runs them."""

import importlib

_MODULES = {
    "AppearanceExtractor": "appearance_extractor",
    "FlowEstimator": "flow_estimator",
    "FusionNet": "fusion_net",
    "IdentityNet": "identity_net",
    "LocalNet": "local_net",
    "MultiScaleDiscriminator": "multi_scale_discriminator",
    "Reenactor": "reenactor",
}

__all__ = list(_MODULES)


def __getattr__(name):
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__():
    return sorted(set(globals()) | set(__all__))
