"""Requests to a model server over HTTP, without TensorFlow or gRPC."""

import base64
import http.client
import json
import urllib.parse

import numpy as np

from aan_keras.serving.serving_error import ServingError
from aan_keras.serving.signature_info import SignatureInfo, type_name

_CODES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    # A gateway has no server behind it.
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


class RestTransport:
    """One model on one server; may be used by several threads.

    Pixels travel as numbers in text, several times as long as over gRPC, and are the
    same. Each request has a connection of its own.

    Args:
        address: `ServerAddress`.
        model: `ModelReference`.
        timeout: seconds that an answer may take.
    """

    def __init__(self, address, model, timeout):
        self._address, self._timeout = address, timeout
        path = f"{address.prefix}/v1/models/{urllib.parse.quote(model.name, safe='')}"
        if model.version is not None:
            path += f"/versions/{model.version}"
        if model.label is not None:
            path += f"/labels/{urllib.parse.quote(model.label, safe='')}"
        self._path = path
        self._signatures = None

    def signatures(self):
        """dict of `SignatureInfo` by name."""
        answer = self._request("GET", "/metadata")
        signatures = answer["metadata"]["signature_def"]["signature_def"]
        self._signatures = {
            name: SignatureInfo(_described(info["inputs"]), _described(info["outputs"]))
            for name, info in signatures.items()
        }
        return self._signatures

    def predict(self, signature, inputs):
        """dict of arrays by name; `inputs` are such a dict too."""
        body = json.dumps(
            {
                "signature_name": signature,
                "inputs": {name: _to_json(value) for name, value in inputs.items()},
            }
        )
        outputs = self._request("POST", ":predict", body)["outputs"]
        types = (self._signatures or self.signatures())[signature].outputs
        if len(types) == 1:
            outputs = dict.fromkeys(types, outputs)
        return {
            name: _from_json(outputs[name], dtype) for name, (dtype, _) in types.items()
        }

    def close(self):
        """There is nothing open between requests."""

    def _request(self, method, rest, body=None):
        address = self._address
        kind = http.client.HTTPConnection
        if address.secure:
            kind = http.client.HTTPSConnection
        connection = kind(address.host, address.port, timeout=self._timeout)
        try:
            connection.request(
                method, self._path + rest, body, {"Content-Type": "application/json"}
            )
            answer = connection.getresponse()
            content = answer.read()
        except TimeoutError as error:
            message = f"no answer within {self._timeout:g} s"
            raise ServingError("DEADLINE_EXCEEDED", message) from error
        except (OSError, http.client.HTTPException) as error:
            raise ServingError("UNAVAILABLE", str(error) or repr(error)) from error
        finally:
            connection.close()
        return _content_of(answer.status, content)


def _content_of(status, content):
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        found = {"error": content[:200].decode(errors="replace")}
    if status != 200 or "error" in found:
        code = _CODES.get(status, "UNKNOWN")
        raise ServingError(code, str(found.get("error", f"HTTP status {status}")))
    return found


def _described(tensors):
    return {
        name: (
            type_name(info["dtype"]),
            tuple(int(axis["size"]) for axis in info["tensor_shape"].get("dim", ())),
        )
        for name, info in tensors.items()
    }


def _to_json(value):
    """Nested lists; bytes in base64."""
    array = np.asarray(value)
    if array.dtype.kind not in "OS":
        return array.tolist()
    if array.ndim:
        return [_to_json(row) for row in array]
    return {"b64": base64.b64encode(array.item()).decode()}


def _from_json(value, dtype):
    if dtype != "bytes":
        return np.asarray(value, dtype)
    if isinstance(value, list):
        rows = [_from_json(row, dtype) for row in value]
        shape = (len(rows), *(rows[0].shape if rows else ()))
        array = np.empty(shape, object)
        for i, row in enumerate(rows):
            array[i] = row if row.ndim else row.item()
        return array
    array = np.empty((), object)
    array[()] = base64.b64decode(value["b64"])
    return array
