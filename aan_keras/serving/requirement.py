"""What the extra `serving` brings."""

import importlib.util

from aan_keras.faces.input_error import InputError


def require_serving_api(what):
    """Raises `InputError` unless gRPC and the service definitions are installed."""
    for module, package in (
        ("grpc", "grpcio"),
        ("tensorflow_serving", "tensorflow-serving-api"),
    ):
        if importlib.util.find_spec(module) is None:
            raise InputError(
                f"{what} needs the package {package}: install aan_keras[serving]"
            )
