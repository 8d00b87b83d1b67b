"""What the reenactor's graph refuses, as a server's client sees it."""

import collections
import random

import grpc
import numpy as np
import pytest

from aan_keras.serving import ServingReenactor
from tests.serving.benchmark import benchmark_module

KINDS = list(
    benchmark_module("malformed_requests").malformed_inputs(64, random.Random(0))
)


@pytest.fixture(scope="module")
def malformed():
    return benchmark_module("malformed_requests")


@pytest.fixture(scope="module")
def messages(malformed, server):
    """What the server says to each kind."""
    found = {}
    call = malformed.answer_to
    address = f"127.0.0.1:{server.port}"
    with grpc.insecure_channel(address, [("grpc.enable_http_proxy", 0)]) as channel:
        inputs = malformed.malformed_inputs(64, random.Random(1))
        for kind, (signature, arrays) in inputs.items():
            found[kind] = call(channel, signature, arrays)
    return found


PARTS = {
    "name": "input",
    "dtype: float32 source": "uint8",
    "dtype: float64 landmarks": "double",
    "dtype: unknown": "tensor parsing error: source_landmarks",
    "rank": "",
    "shape: unequal rows": "same number of rows",
    "shape: no rows": "at least one",
    "shape: no frames": "must have 1 to 174762 frames",
    "NaN": "must be finite",
    "oversized: landmarks": "must be finite, at most 1024 pixels from the crop",
    "oversized: clip": "must have 1 to 174762 frames",
    "oversized: PNG": "at most 4096 pixels",
    "oversized: shape alone": "tensor parsing error: source",
    "file: not square": "must be square",
    "file: text": "must be a JPEG or PNG file",
    "file: empty": "must be a JPEG or PNG file",
    "proto": "tensor parsing error: source",
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_refused_with_a_reason(messages, kind):
    code, message = messages[kind]
    assert code == "INVALID_ARGUMENT"
    part = PARTS.get(kind, PARTS.get(kind.partition(":")[0], " "))
    assert part in message and len(message) > 10


def test_over_both_ways_and_the_server_lives_on(malformed, server, clip, expected):
    count = len(KINDS)
    found = malformed.refusals(server.port, server.rest_port, 64, count, seed=2)
    assert found == collections.Counter(INVALID_ARGUMENT=count)
    address = f"grpc://127.0.0.1:{server.port}"
    with ServingReenactor(address, timeout=600) as client:
        frames = np.stack(list(client.animate(**clip)))
    assert np.abs(frames.astype(int) - expected).max() <= 1
