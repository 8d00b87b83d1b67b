"""The REST interface, in TensorFlow Serving's formats."""

import base64
import http.client
import json

import pytest

URL = "/v1/models/toy"


@pytest.fixture(scope="module")
def ask(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=300)

    def ask(path, body=None):
        """Over one connection, which the server keeps open."""
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        connection.request("GET" if body is None else "POST", path, body)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    yield ask
    connection.close()


def files(*contents):
    return [{"b64": base64.b64encode(content).decode()} for content in contents]


def test_rows(ask):
    body = {"instances": [[1.0, 2.0], [3, 4]]}
    answer = {"predictions": [[3, 6], [9, 12]]}
    for path in (URL, f"{URL}/versions/1"):
        assert ask(f"{path}:predict", body) == (200, answer)
    body = {"instances": [{"x": [1, 2]}, {"x": [3, 4]}]}
    assert ask(f"{URL}:predict", body) == (200, answer)


def test_columns(ask):
    for inputs in ([[1, 2], [3, 4]], {"x": [[1, 2], [3, 4]]}):
        body = {"inputs": inputs, "signature_name": "serving_default"}
        assert ask(f"{URL}:predict", body) == (200, {"outputs": [[3, 6], [9, 12]]})


def test_files_and_several_outputs(ask):
    data = [b"\xff\x00\xd8", b""]
    body = {"signature_name": "measure", "inputs": files(*data)}
    answer = {"outputs": {"size": [3, 0], "copy_bytes": files(*data)}}
    assert ask(f"{URL}:predict", body) == (200, answer)
    body = {"signature_name": "measure", "instances": files(*data)}
    rows = [{"size": len(one), "copy_bytes": files(one)[0]} for one in data]
    assert ask(f"{URL}:predict", body) == (200, {"predictions": rows})


def test_text_is_bytes_too(ask):
    body = {"signature_name": "measure", "inputs": ["äb"]}
    assert ask(f"{URL}:predict", body)[1]["outputs"]["size"] == [3]


X = {"signature_name": "measure"}
DEEP = "[" * 70 + "1" + "]" * 70


@pytest.mark.parametrize(
    "path, body, status, message",
    [
        ("/v1/models/none", None, 404, "Could not find any versions of model none"),
        (f"{URL}/versions/8", None, 404, "Could not find version 8 of model toy"),
        (f"{URL}/labels/a", None, 400, "Unrecognized servable version label: a"),
        ("/v2/models", None, 400, "Malformed request: GET /v2/models"),
        (f"{URL}:predicts", {}, 400, f"Malformed request: POST {URL}:predicts"),
        (f"{URL}:classify", {}, 501, "this server has no classify"),
        ("/v1/models/none:predict", {}, 404, "Servable not found for request: Latest("),
        (f"{URL}:predict", "", 400, "JSON Parse error: The document is empty"),
        (f"{URL}:predict", "{", 400, "JSON Parse error: "),
        (f"{URL}:predict", b"\xff\xfe\xfd", 400, "JSON Parse error: "),
        (f"{URL}:predict", "[" * 10**5, 400, "JSON Parse error: "),
        (f"{URL}:predict", [1], 400, "JSON Value: [1] Is not object"),
        (f"{URL}:predict", {"signature_name": 1}, 400, "'signature_name' key must be"),
        (f"{URL}/versions/{2**63}", None, 400, f"Failed to convert version: {2**63}"),
        (f"{URL}/versions/{2**63}:predict", {}, 400, "Failed to convert version"),
        (f"{URL}:predict", f'{{"inputs": {DEEP}}}', 400, "Encountered 70 levels"),
        (f"{URL}:predict", {"signature_name": "\ud800"}, 400, "is no Unicode text"),
        (f"{URL}:predict", {**X, "inputs": ["\ud800"]}, 400, "is no Unicode text"),
        (f"{URL}:predict", {}, 400, "Missing 'inputs' or 'instances' key"),
        (f"{URL}:predict", {"inputs": 1, "instances": 1}, 400, "expecting only one of"),
        (f"{URL}:predict", {"instances": 1}, 400, "to be an list/array"),
        (f"{URL}:predict", {"instances": []}, 400, "No values in 'instances' array"),
        (
            f"{URL}:predict",
            {"instances": [{"z": [1, 2]}]},
            400,
            'JSON object: {"z": [1, 2]} keys must be equal to: x',
        ),
        (f"{URL}:predict", {"instances": [{"x": [1, 2]}, 3]}, 400, "Expecting object"),
        (f"{URL}:predict", {"inputs": {"z": 1}}, 400, "Missing named input: x in"),
        (f"{URL}:predict", {"inputs": [[1, 2], [3]]}, 400, "unexpected size: 1"),
        (f"{URL}:predict", {"inputs": [[1, 2], 3]}, 400, "found at incorrect level"),
        (f"{URL}:predict", {"inputs": [1, [2]]}, 400, "list at unexpected level"),
        (f"{URL}:predict", {"inputs": [["a", 1]]}, 400, "Type: String is not of"),
        (f"{URL}:predict", {"inputs": [[True, 1]]}, 400, "Type: True is not of"),
        (f"{URL}:predict", {**X, "inputs": [{"b64": "?"}]}, 400, "Unable to base64"),
        (f"{URL}:predict", {**X, "inputs": [{"c": 1}]}, 400, "not formatted correctly"),
        (
            f"{URL}:predict",
            {"signature_name": "y", "inputs": 1},
            400,
            'Serving signature name: "y" not found in signature def',
        ),
    ],
)
def test_refusals(ask, path, body, status, message):
    found, answer = ask(path, body)
    assert (found, list(answer)) == (status, ["error"])
    assert message in answer["error"]


def test_names_of_several_inputs(ask):
    path = "/v1/models/aan:predict"
    for body, message in (
        (
            {"instances": [1]},
            "instances is a plain list, but expecting list of objects",
        ),
        ({"inputs": [1]}, "inputs is a plain value/list, but expecting an object"),
        (
            {"inputs": {"source": [[[[300, 0, 0]]]], **dict.fromkeys(LANDMARKS, [])}},
            "JSON Value: 300 out of bounds for uint8",
        ),
    ):
        status, answer = ask(path, body)
        assert status == 400 and message in answer["error"]


LANDMARKS = ("source_landmarks", "driving_landmarks")


def test_status_and_metadata(ask):
    status = {"error_code": "OK", "error_message": ""}
    version = {"version": "1", "state": "AVAILABLE", "status": status}
    for path in (URL, f"{URL}/versions/1"):
        assert ask(path) == (200, {"model_version_status": [version]})
    code, answer = ask(f"{URL}/metadata")
    assert code == 200
    assert answer["model_spec"]["version"] == "1"
    signature = answer["metadata"]["signature_def"]["signature_def"]["serving_default"]
    assert signature["inputs"]["x"]["dtype"] == "DT_FLOAT"
    shape = signature["inputs"]["x"]["tensor_shape"]["dim"]
    assert [axis["size"] for axis in shape] == ["-1", "2"]


def test_a_request_without_a_length(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=300)
    connection.putrequest("POST", f"{URL}:predict")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 400
    assert "Content-Length must be" in json.loads(answer.read())["error"]
    connection.close()
