"""Requests that a model server must refuse."""

import collections
import json
import random
import urllib.error
import urllib.request

import cv2
import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

# Seconds; long, so that only a server that hangs is late.
_TIMEOUT = 600


def malformed_inputs(size, generator):
    """One malformed request of each kind, with random details.

    Args:
        size: side S of the model's crops.
        generator: `random.Random`.

    Returns:
        dict by kind of `(signature, inputs)`: the inputs are dicts of arrays, or of
        `TensorProto`s where an array can't be that wrong.
    """
    noise = np.random.default_rng(generator.randrange(2**32))
    source = noise.integers(0, 256, (1, size, size, 3), "uint8")
    face = noise.uniform(0, size, (1, 68, 2)).astype("float32")
    clip = np.repeat(face[:, None], generator.randrange(1, 5), 1)
    good = {"source": source, "source_landmarks": face, "driving_landmarks": face}
    moved = {**good, "driving_landmarks": clip}
    hole = face.copy()
    hole[0, generator.randrange(68), generator.randrange(2)] = generator.choice(
        [np.nan, np.inf, -np.inf]
    )
    name = generator.choice(list(good))
    rest = {key: value for key, value in good.items() if key != name}
    jpeg = cv2.imencode(".jpg", source[0])[1].tobytes()
    png = cv2.imencode(".png", source[0])[1].tobytes()
    bomb = cv2.imencode(".png", np.zeros((5000, 5000, 3), "uint8"))[1].tobytes()
    wide = cv2.imencode(".jpg", np.zeros((size, 2 * size, 3), "uint8"))[1].tobytes()
    cut = generator.randrange(len(jpeg) // 10, len(jpeg) * 9 // 10)
    endless = 2**31 // (3 * size**2) + 1
    larger = size + generator.randrange(1, 900)
    big = np.zeros((1, larger, larger, 3), "uint8")

    def file(data):
        inputs = {"source_bytes": np.array([data], object)}
        return "reenact_jpeg", {
            **inputs,
            "source_landmarks": face,
            "driving_landmarks": face,
        }

    short = tf.make_tensor_proto(source)
    short.tensor_content = short.tensor_content[: generator.randrange(1, source.size)]
    vast = tf.make_tensor_proto(source[:, :1, :1])
    vast.tensor_shape.dim[1].size = vast.tensor_shape.dim[2].size = 2**20
    untyped = tf.make_tensor_proto(face)
    untyped.dtype = generator.choice([0, 77])
    return {
        "name: unknown": ("", {**rest, f"{name}s": good[name]}),
        "name: missing": ("", rest),
        "name: one too many": ("", {**good, "theta_1": face}),
        "names: none": ("", {}),
        "dtype: float32 source": ("", {**good, "source": source.astype("float32")}),
        "dtype: float64 landmarks": (
            "reenact_clip",
            {**moved, "source_landmarks": face.astype("float64")},
        ),
        "dtype: int32 landmarks": (
            "",
            {**good, "driving_landmarks": face.astype("int32")},
        ),
        "dtype: string source": ("", {**good, "source": np.array([jpeg], object)}),
        "dtype: unknown": ("", {**good, "source_landmarks": untyped}),
        "rank: one axis less": ("", {**good, name: good[name][0]}),
        "rank: one axis more": ("", {**good, name: good[name][None]}),
        "rank: clip for a frame": ("", moved),
        "rank: frame for a clip": ("reenact_clip", good),
        "shape: 67 landmarks": ("", {**good, "source_landmarks": face[:, :67]}),
        "shape: three coordinates": (
            "",
            {**good, "driving_landmarks": face.repeat(2, -1)[..., :3]},
        ),
        "shape: no rows": ("", {key: value[:0] for key, value in good.items()}),
        "shape: unequal rows": ("", {**good, "source": source.repeat(2, 0)}),
        "shape: no frames": (
            "reenact_clip",
            {**good, "driving_landmarks": clip[:, :0]},
        ),
        "NaN: source_landmarks": ("", {**good, "source_landmarks": hole}),
        "NaN: driving_landmarks": ("", {**good, "driving_landmarks": hole}),
        "NaN: in a clip": (
            "reenact_clip",
            {**good, "driving_landmarks": np.stack([face, hole], 1)},
        ),
        "oversized: source": ("", {**good, "source": big}),
        "oversized: landmarks": ("", {**good, "driving_landmarks": face * 1e6}),
        "oversized: clip": (
            "reenact_clip",
            {**good, "driving_landmarks": np.zeros((1, endless, 68, 2), "float32")},
        ),
        "oversized: PNG": file(bomb),
        "oversized: shape alone": ("", {**good, "source": vast}),
        "file: truncated JPEG": file(jpeg[:cut]),
        "file: truncated PNG": file(png[: generator.randrange(20, len(png) - 20)]),
        "file: not square": file(wide),
        "file: text": file(b"no image"),
        "file: empty": file(b""),
        "proto: truncated": ("", {**good, "source": short}),
    }


def refusals(port, rest_port, size, count, seed=0):
    """Sends malformed requests, every fifth over REST where JSON can hold it.

    Args:
        port, rest_port: of the server on this machine.
        size: side S of the model's crops.
        count: how many requests.
        seed: of the random details.

    Returns:
        Counter of `"INVALID_ARGUMENT"` (with a message) and whatever else came.
    """
    generator = random.Random(seed)
    answers = collections.Counter()
    address = f"127.0.0.1:{port}"
    with grpc.insecure_channel(address, [("grpc.enable_http_proxy", 0)]) as channel:
        kinds = []
        for i in range(count):
            kinds = kinds or list(malformed_inputs(size, generator).items())
            kind, (signature, inputs) = kinds.pop()
            # Over REST, inputs beyond the signature's are not looked at.
            rest = i % 5 == 4 and kind != "name: one too many"
            body = _json(signature, inputs) if rest else None
            if body is None:
                answer, message = answer_to(channel, signature, inputs)
            else:
                answer, message = _over_rest(rest_port, body)
            answer = answer if message else f"{answer} without a message"
            refused = answer == "INVALID_ARGUMENT"
            answers[answer if refused else f"{kind}: {answer}"] += 1
    return answers


def answer_to(channel, signature, inputs):
    """What a server says to one request over gRPC.

    Args:
        channel: to the server.
        signature: name of the signature of the model `aan`.
        inputs: dict of arrays or `TensorProto`s.

    Returns:
        `(status, message)`.
    """
    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "aan"
    request.model_spec.signature_name = signature
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(_proto(value))
    try:
        stub.Predict(request, timeout=_TIMEOUT)
    except grpc.RpcError as error:
        return error.code().name, error.details()
    return "OK", ""


def _over_rest(port, body):
    url = f"http://127.0.0.1:{port}/v1/models/aan:predict"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(urllib.request.Request(url, body), timeout=_TIMEOUT)
    except urllib.error.HTTPError as error:
        message = json.loads(error.read()).get("error")
        code = "INVALID_ARGUMENT" if error.code == 400 else f"HTTP {error.code}"
        return code, message
    return "OK", ""


def _json(signature, inputs):
    """None for what JSON has no way to say, or says in megabytes."""
    arrays = [value for value in inputs.values() if isinstance(value, np.ndarray)]
    if len(arrays) < len(inputs) or not arrays:
        return None
    for name, value in inputs.items():
        # A type does not travel: numbers in text fit several.
        wanted = "uint8" if name == "source" else "float32"
        if value.dtype != wanted or value.size > 10**6:
            return None
    request = {"signature_name": signature} if signature else {}
    request["inputs"] = {name: value.tolist() for name, value in inputs.items()}
    return json.dumps(request).encode()


def _proto(value):
    return tf.make_tensor_proto(value) if isinstance(value, np.ndarray) else value
