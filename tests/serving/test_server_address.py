"""How servers and models are named."""

import pytest

from aan_keras.faces import InputError
from aan_keras.serving.model_reference import ModelReference
from aan_keras.serving.server_address import ServerAddress


@pytest.mark.parametrize(
    "text, parts",
    [
        ("grpc://localhost:8500", ("grpc", "localhost", 8500, "")),
        ("grpc://serving", ("grpc", "serving", 8500, "")),
        ("grpcs://a.example:443", ("grpcs", "a.example", 443, "")),
        ("http://127.0.0.1", ("http", "127.0.0.1", 8501, "")),
        ("https://a.example/faces/", ("https", "a.example", 443, "/faces")),
        ("http://a/prä%C3%A4fix n", ("http", "a", 8501, "/pr%C3%A4%C3%A4fix%20n")),
        ("grpc://[::1]:1", ("grpc", "::1", 1, "")),
    ],
)
def test_parts(text, parts):
    address = ServerAddress.parse(text)
    assert (address.scheme, address.host, address.port, address.prefix) == parts
    assert address.secure == text.partition("://")[0].endswith("s")
    assert ServerAddress.parse(str(address)) == address


@pytest.mark.parametrize(
    "text",
    [
        "localhost:8500",
        "ftp://a",
        "grpc://",
        "grpc://a:b",
        "grpc://a:99999",
        "grpc://a/b",
    ],
)
def test_no_addresses(text):
    with pytest.raises(InputError, match="no address of a model server: expected grpc"):
        ServerAddress.parse(text)


def test_models():
    assert str(ModelReference("aan")) == "aan"
    assert str(ModelReference("aan", version=3)) == "aan, version 3"
    assert str(ModelReference("aan", label="stable")) == "aan, label stable"
    with pytest.raises(ValueError, match="must not be given both"):
        ModelReference("aan", 3, "stable")
