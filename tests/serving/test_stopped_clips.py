"""A clip that ends early waits for no request that nobody wants any more."""

import threading
import time

import numpy as np
import pytest

from aan_keras.serving import ServingError, ServingReenactor
from aan_keras.serving.signature_info import SignatureInfo

CLIP = {
    "source": np.zeros((64, 64, 3), "uint8"),
    "source_landmarks": np.zeros((68, 2)),
    "driving_landmarks": np.zeros((6, 68, 2)),
}


class Scripted:
    """A transport that fails with these codes, where there is one."""

    def __init__(self, *codes):
        self.codes = list(codes)
        self.second = threading.Event()
        self.calls = 0

    def signatures(self):
        inputs = {"source": ("uint8", (-1, 64, 64, 3))}
        return {"reenact_clip": SignatureInfo(inputs, {})}

    def predict(self, signature, inputs):
        self.calls += 1
        if self.calls == 2:
            self.second.set()
        code = self.codes.pop(0)
        if code is not None:
            raise ServingError(code, "away")
        frames = inputs["driving_landmarks"].shape[1]
        return {"image": np.zeros((1, frames, 64, 64, 3), "uint8")}

    def close(self):
        pass


@pytest.fixture
def connect(monkeypatch):
    def connect(transport):
        def transport_class(self):
            return lambda *_: transport

        monkeypatch.setattr(ServingReenactor, "_transport_class", transport_class)
        return ServingReenactor("http://a", frames_per_request=2, backoff=20.0)

    return connect


def test_an_error_does_not_wait_for_the_next_part(connect):
    transport = Scripted("INTERNAL", *["UNAVAILABLE"] * 4)
    start = time.monotonic()
    with pytest.raises(ServingError, match="INTERNAL"):
        list(connect(transport).animate(**CLIP))
    assert time.monotonic() - start < 2
    assert transport.calls == 1


def test_closing_does_not_wait_for_the_next_part(connect):
    transport = Scripted(None, *["UNAVAILABLE"] * 4)
    threads = set(threading.enumerate())
    start = time.monotonic()
    frames = connect(transport).animate(**CLIP)
    next(frames)
    assert transport.second.wait(5)
    frames.close()
    for thread in set(threading.enumerate()) - threads:
        thread.join(5)
        assert not thread.is_alive()
    assert time.monotonic() - start < 5
    assert transport.calls == 2
