"""The development server at an IPv6 address."""

import re
import socket
import types

import numpy as np
import pytest

from aan_keras import cli
from aan_keras.commands import serve
from aan_keras.faces import InputError
from aan_keras.serving import DevelopmentServer
from aan_keras.serving.grpc_transport import GrpcTransport
from aan_keras.serving.model_reference import ModelReference
from aan_keras.serving.rest_transport import RestTransport
from aan_keras.serving.server_address import ServerAddress
from tests.serving.toy_model import write_toy


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as found:
            found.bind(("::1", 0))
    except OSError:
        return False
    return True


pytestmark = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


def test_the_addresses_that_are_printed_answer(tmp_path, monkeypatch, capsys):
    write_toy(tmp_path / "toy" / "1", factor=3)
    found = []

    class AskThenInterrupt:
        def wait(self):
            line = capsys.readouterr().out
            addresses = re.search(r"at (grpc://\S+) and (http://\S+);", line).groups()
            for kind, text in zip((GrpcTransport, RestTransport), addresses):
                address = ServerAddress.parse(text)
                client = kind(address, ModelReference("toy"), timeout=30)
                x = np.ones((1, 2), "float32")
                y = client.predict("serving_default", {"x": x})["y"]
                found.append((address.host, y.tolist()))
                client.close()
            raise KeyboardInterrupt

    fake = types.SimpleNamespace(Event=AskThenInterrupt)
    monkeypatch.setattr(serve, "threading", fake)
    command = ["serve", "--models", str(tmp_path), "--host", "::1"]
    assert cli.main([*command, "--port", "0", "--rest-port", "0"]) == 0
    assert found == [("::1", [[3, 3]])] * 2


def test_a_port_that_is_taken(tmp_path):
    write_toy(tmp_path / "toy" / "1", factor=3)
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as taken:
        port = taken.getsockname()[1]
        server = DevelopmentServer(tmp_path, host="::1", port=0, rest_port=port)
        with pytest.raises(InputError, match="on ::1, port .*: Address already in use"):
            server.start()
