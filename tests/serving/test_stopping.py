"""What the development server does about requests that run when it stops."""

import http.client
import threading
import time

import pytest

from aan_keras.serving import DevelopmentServer, development_server
from tests.serving.toy_model import write_toy


@pytest.fixture
def server(tmp_path):
    write_toy(tmp_path / "toy" / "1", factor=3)
    server = DevelopmentServer(tmp_path, port=0, rest_port=0)
    server.start()
    yield server
    server.stop()


def ask(server, answers):
    connection = http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=30)
    connection.request("POST", "/v1/models/toy:predict", '{"inputs": [[1, 2]]}')
    answers.append(connection.getresponse().status)
    connection.close()


@pytest.mark.parametrize("seconds, grace", [(0.3, 20.0), (20.0, 0.1)])
def test_a_request_that_runs(server, monkeypatch, seconds, grace):
    """It is finished if there is time for it."""
    monkeypatch.setattr(development_server, "_GRACE", grace)
    runs, late, found = threading.Event(), threading.Event(), []
    lookup = server._registry.lookup

    def slow_lookup(spec):
        runs.set()
        late.wait(seconds)
        return lookup(spec)

    monkeypatch.setattr(server._registry, "lookup", slow_lookup)
    client = threading.Thread(target=ask, args=(server, found))
    client.start()
    assert runs.wait(10)
    start = time.monotonic()
    server.stop()
    assert time.monotonic() - start < 10
    finished = server._rest._running == 0
    late.set()
    client.join()
    assert finished == (seconds < grace)
    assert found == [200]
