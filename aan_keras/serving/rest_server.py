"""The development server's REST side."""

import contextlib
import http.server
import json
import re
import socket
import threading
import urllib.parse

from google.protobuf import json_format
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    predict_pb2,
)

from aan_keras.serving import prediction_calls
from aan_keras.serving.json_tensors import parse_body, read_inputs, write_outputs
from aan_keras.serving.status_error import StatusError

_MODEL = r"/v1/models/([^/:]+)(?:/versions/(\d+)|/labels/([^/:]+))?"
_PREDICT = re.compile(f"{_MODEL}:(predict|classify|regress)", re.IGNORECASE)
_ABOUT = re.compile(f"{_MODEL}(/metadata)?", re.IGNORECASE)
_HTTP = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "ABORTED": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
_LONGEST_BODY = 2**31 - 1


class RestServer(http.server.ThreadingHTTPServer):
    """Answers `/v1/models/NAME[/versions/N|/labels/L]`, `/metadata` and `:predict`.

    Args:
        address: `(host, port)`.
        registry: `ModelRegistry`.
    """

    daemon_threads = True
    # Two servers at one port would share its requests.
    allow_reuse_port = False

    def __init__(self, address, registry):
        self.registry = registry
        self._running, self._changed = 0, threading.Condition()
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, _Handler)

    @contextlib.contextmanager
    def counted(self):
        """Scope of one request that is answered."""
        with self._changed:
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def wait(self, seconds):
        """Waits until no request runs, at most so long."""
        with self._changed:
            self._changed.wait_for(lambda: not self._running, seconds)

    def handle_error(self, request, client_address):
        """A client that went away is no news; other errors were answered."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        with self.server.counted():
            self._answer(lambda: _about(self.server.registry, self.path))

    def do_POST(self):
        with self.server.counted():
            self._answer(
                lambda: _predict(self.server.registry, self.path, self._read_body())
            )

    def log_message(self, *_):
        """Silent, as gRPC is."""

    def _read_body(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _LONGEST_BODY:
            # What follows is no next request then.
            self.close_connection = True
            message = f"Content-Length must be from 0 to {_LONGEST_BODY}"
            raise StatusError("INVALID_ARGUMENT", message)
        return self.rfile.read(int(length))

    def _answer(self, call):
        try:
            status, content = 200, call()
        except StatusError as error:
            status, content = _HTTP.get(error.code, 500), {"error": error.message}
        except Exception as error:  # A fault of the server's own, which lives on.
            status, content = 500, {"error": f"{type(error).__name__}: {error}"}
        data = (json.dumps(content, indent=None) + "\n").encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _about(registry, path):
    match = _ABOUT.fullmatch(path)
    if match is None:
        raise StatusError("INVALID_ARGUMENT", f"Malformed request: GET {path}")
    *model, metadata = match.groups()
    names = {"preserving_proto_field_name": True}
    if not metadata:
        request = get_model_status_pb2.GetModelStatusRequest()
        _fill(request.model_spec, *model)
        response = prediction_calls.get_model_status(registry, request)
        return json_format.MessageToDict(
            response, always_print_fields_with_no_presence=True, **names
        )
    request = get_model_metadata_pb2.GetModelMetadataRequest(
        metadata_field=["signature_def"]
    )
    _fill(request.model_spec, *model)
    response = prediction_calls.get_model_metadata(registry, request)
    signatures = get_model_metadata_pb2.SignatureDefMap()
    response.metadata["signature_def"].Unpack(signatures)
    spec, signatures = (
        json_format.MessageToDict(
            message, always_print_fields_with_no_presence=True, **names
        )
        for message in (response.model_spec, signatures)
    )
    return {"model_spec": spec, "metadata": {"signature_def": signatures}}


def _predict(registry, path, body):
    match = _PREDICT.fullmatch(path)
    if match is None:
        raise StatusError("INVALID_ARGUMENT", f"Malformed request: POST {path}")
    *model, method = match.groups()
    if method.lower() != "predict":
        raise StatusError("UNIMPLEMENTED", f"this server has no {method}")
    request = predict_pb2.PredictRequest()
    _fill(request.model_spec, *model)
    found = parse_body(body)
    request.model_spec.signature_name = found.get("signature_name", "")
    version = registry.lookup(request.model_spec)
    # The version is the same for both steps, whatever is loaded in between.
    request.model_spec.version.value = version.number
    try:
        signature = version.signature(request.model_spec.signature_name)[1]
    except StatusError as error:
        name = request.model_spec.signature_name
        message = f'Serving signature name: "{name}" not found in signature def'
        raise StatusError("INVALID_ARGUMENT", message) from error
    inputs, by_row = read_inputs(found, signature.inputs)
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(value)
    outputs = version.predict(request.model_spec.signature_name, request.inputs)
    return write_outputs(outputs, by_row)


def _fill(spec, name, version, label):
    spec.name = urllib.parse.unquote(name)
    if version is not None:
        try:
            spec.version.value = int(version)
        except ValueError as error:  # More than 64 bits.
            message = f"Failed to convert version: {version} to numeric."
            raise StatusError("INVALID_ARGUMENT", message) from error
    if label is not None:
        spec.version_label = urllib.parse.unquote(label)
