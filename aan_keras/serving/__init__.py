"""Model servers: a client for TensorFlow Serving, and a server for development.

The names load when they are first used: the client over HTTP needs neither TensorFlow
nor gRPC, the others need `aan_keras[serving]`.
"""

import importlib

__all__ = ["DevelopmentServer", "ServingError", "ServingReenactor"]

_HOMES = {
    "DevelopmentServer": "aan_keras.serving.development_server",
    "ServingError": "aan_keras.serving.serving_error",
    "ServingReenactor": "aan_keras.serving.serving_reenactor",
}


def __getattr__(name):
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(set(globals()) | set(__all__))
