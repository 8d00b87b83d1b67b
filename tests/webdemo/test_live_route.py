"""Frames over HTTP, and what is refused."""

import re
import threading

import cv2
import fastapi
import numpy as np
import pytest
from fastapi.testclient import TestClient

from aan_keras.demo import PORTRAIT
from aan_keras.webdemo.live_route import MAX_FRAME_BYTES, add_live_route
from aan_keras.webdemo.live_session import LiveSession
from aan_keras.webdemo.live_sessions import LiveSessions
from aan_keras.webdemo.source_photo import SourcePhoto


def jpeg(image):
    return cv2.imencode(".jpg", image[..., ::-1])[1].tobytes()


@pytest.fixture(scope="module")
def sessions():
    return LiveSessions()


@pytest.fixture(scope="module")
def client(sessions):
    app = fastapi.FastAPI()
    add_live_route(app, sessions)
    return TestClient(app)


@pytest.fixture(scope="module")
def token(sessions, models):
    return sessions.open("anne", LiveSession(models, SourcePhoto(PORTRAIT)))


def test_a_frame_comes_back(client, token, portrait, models):
    answer = client.post(f"/live/{token}", content=jpeg(portrait))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-face"] == "yes"
    assert answer.headers["cache-control"] == "no-store"
    timing = dict(re.findall(r"(\w+);dur=([\d.]+)", answer.headers["server-timing"]))
    parts = [float(value) for name, value in timing.items() if name != "total"]
    assert sum(parts) == pytest.approx(float(timing["total"]), rel=0.05, abs=0.5)
    image = cv2.imdecode(np.frombuffer(answer.content, "uint8"), cv2.IMREAD_COLOR)
    photo = SourcePhoto(PORTRAIT)
    wanted = photo.crop().cut(photo.image, models.image_size)
    # OpenCV halves the chroma's resolution.
    assert np.abs(image[..., ::-1].astype(int) - wanted).mean() < 5


def test_no_face_is_said(client, sessions, models, portrait):
    token = sessions.open("bob", LiveSession(models, SourcePhoto(PORTRAIT)))
    answer = client.post(f"/live/{token}", content=jpeg(np.full_like(portrait, 90)))
    assert (answer.status_code, answer.headers["x-face"]) == (200, "no")


@pytest.mark.parametrize("path", ["/live/unknown", "/live/"])
def test_without_a_token_there_is_nothing(client, path):
    assert client.post(path, content=b"").status_code == 404


def huge_jpeg():
    """A few bytes that say they are 60000 x 60000 pixels."""
    data = bytearray(jpeg(np.zeros((16, 16, 3), "uint8")))
    start = data.index(b"\xff\xc0")
    data[start + 5 : start + 9] = (60000).to_bytes(2, "big") * 2
    return bytes(data)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"text",
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8" + bytes(100),
        jpeg(np.zeros((300, 300, 3), "uint8"))[:-200][:100],
        huge_jpeg(),
        jpeg(np.zeros((8, 8, 3), "uint8")),
    ],
    ids=["empty", "text", "bare", "zeros", "cut", "huge", "tiny"],
)
def test_what_is_not_a_frame(client, token, content):
    answer = client.post(f"/live/{token}", content=content)
    assert answer.status_code == 415 and "error" in answer.json()


def test_too_many_bytes(client, token):
    answer = client.post(f"/live/{token}", content=bytes(MAX_FRAME_BYTES + 1))
    assert answer.status_code == 413


def test_a_second_frame_has_to_wait(client, sessions):
    entered, leave = threading.Event(), threading.Event()

    class Slow:
        lock = threading.Lock()

        def step(self, image):
            if not self.lock.acquire(blocking=False):
                return None
            entered.set()
            assert leave.wait(30)
            return None

    token = sessions.open("carol", Slow())
    frame = jpeg(np.zeros((64, 64, 3), "uint8"))
    post = lambda: client.post(f"/live/{token}", content=frame)  # noqa: E731
    thread = threading.Thread(target=post)
    thread.start()
    assert entered.wait(30)
    assert post().status_code == 409
    leave.set()
    thread.join(30)
