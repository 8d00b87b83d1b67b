"""What the client makes of answers that are not TensorFlow Serving's."""

import http.server
import threading

import pytest

from aan_keras.serving import ServingError, ServingReenactor


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status, content = self.server.answer
        self.server.path = self.path
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def gateway():
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("status, code", [(404, "NOT_FOUND"), (200, "UNKNOWN")])
@pytest.mark.parametrize("content", [b"null", b'"Not Found"', b"[]", b"404", b"<p>"])
def test_no_object(gateway, status, code, content):
    gateway.answer = status, content
    with pytest.raises(ServingError) as refused:
        ServingReenactor(f"http://127.0.0.1:{gateway.server_port}")
    assert refused.value.code == code
    assert content.decode() in str(refused.value)


def test_a_path_that_is_not_ascii(gateway):
    gateway.answer = 404, b"{}"
    with pytest.raises(ServingError, match="HTTP status 404"):
        ServingReenactor(f"http://127.0.0.1:{gateway.server_port}/präfix")
    assert gateway.path == "/pr%C3%A4fix/v1/models/aan/metadata"
