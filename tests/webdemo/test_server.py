"""The running server: events, two visitors at once, privacy."""

import http.client
import re
import socket
import threading
import urllib.error
import urllib.parse
import urllib.request

import cv2
import numpy as np
import pytest
from gradio_client import Client, handle_file

from aan_keras.faces import InputError, VideoReader
from aan_keras.webdemo import handlers
from aan_keras.webdemo import server as server_module
from aan_keras.webdemo.handlers import CLIP, SAMPLE
from aan_keras.webdemo.server import check_installed, serving
from aan_keras.webdemo.source_photo import SourcePhoto


@pytest.fixture(scope="module")
def visit(server, tmp_path_factory):
    """Callable that makes a client of the server, a visitor."""

    def connect():
        downloads = tmp_path_factory.mktemp("downloads")
        return Client(server[0], verbose=False, download_files=downloads)

    return connect


@pytest.fixture(scope="module")
def anne(visit):
    return visit()


def animate(visitor, photo, motion=SAMPLE, clip=None, **options):
    arguments = {"mode": "relative", "smooth": False, "paste_back": False, **options}
    clip = None if clip is None else handle_file(clip)
    return visitor.submit(
        handle_file(photo), motion, clip, *arguments.values(), api_name="/animate"
    )


def first_frame(result):
    path = result["video"] if isinstance(result, dict) else result
    return next(iter(VideoReader(path)))[1].astype(int)


def crop_of(path):
    """What a model of 64 pixels that changes nothing makes, as the page shows it."""
    photo = SourcePhoto(path)
    small = photo.crop().cut(photo.image, 64)
    return cv2.resize(small, (384, 384), interpolation=cv2.INTER_CUBIC).astype(int)


def test_look_at_photo(anne, folder):
    text, faces = anne.predict(
        handle_file(folder / "red.png"), api_name="/look_at_photo"
    )
    assert "One face found." in text and not faces["visible"]
    text, faces = anne.predict(
        handle_file(folder / "two.png"), api_name="/look_at_photo"
    )
    assert "2 faces found" in text and len(faces["value"]) == 2
    text, _ = anne.predict(handle_file(folder / "empty.png"), api_name="/look_at_photo")
    assert 'role="alert"' in text and "No face found in empty.png." in text
    text, _ = anne.predict(handle_file(folder / "text.png"), api_name="/look_at_photo")
    assert "text.png is not a photo that can be read" in text
    assert "/" not in re.sub(r"</?\w+[^>]*>", "", text)


def test_animate_by_a_clip(anne, folder):
    job = animate(anne, folder / "red.png", CLIP, folder / "clip.mp4")
    video, beside, download, text = job.result(timeout=120)
    assert re.search(r"12 frames in [\d.]+ s", text)
    assert np.abs(first_frame(video) - crop_of(folder / "red.png")).mean() < 4
    assert first_frame(beside).shape == (384, 1152, 3)
    assert download["visible"] and download["value"].endswith("reenacted.mp4")


@pytest.mark.parametrize(
    "photo, motion, clip, message",
    [
        ("empty.png", SAMPLE, None, "No face found in empty.png"),
        ("red.png", CLIP, None, "There is no clip yet"),
        ("red.png", CLIP, "text.mp4", "text.mp4 is not a video that can be read"),
    ],
)
def test_bad_input_is_a_message(anne, folder, photo, motion, clip, message):
    clip = None if clip is None else folder / clip
    video, _, _, text = animate(anne, folder / photo, motion, clip).result(timeout=120)
    assert video is None and message in text and 'role="alert"' in text


def test_two_visitors_at_once_get_their_own(visit, folder):
    visitors = {name: visit() for name in ("red", "green")}
    jobs = {
        name: animate(visitor, folder / f"{name}.png")
        for name, visitor in visitors.items()
    }
    results = {name: job.result(timeout=240) for name, job in jobs.items()}
    crops = {name: crop_of(folder / f"{name}.png") for name in visitors}
    assert np.abs(crops["red"] - crops["green"]).mean() > 40
    for name, (video, *_) in results.items():
        assert np.abs(first_frame(video) - crops[name]).mean() < 4


def test_two_live_visitors_at_once_get_their_own(visit, server, folder, portrait):
    names = ("red", "green")
    body = cv2.imencode(".jpg", portrait[..., ::-1])[1].tobytes()
    tokens, found = {}, {name: [] for name in names}
    visitors = {name: visit() for name in names}  # a session ends with its page
    for name, visitor in visitors.items():
        photo = handle_file(folder / f"{name}.png")
        tokens[name], text = visitor.predict(
            photo, "transform", True, False, api_name="/open_live"
        )
        assert text == ""
    assert tokens["red"] != tokens["green"]

    def drive(name):
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(server[0]).netloc)
        for _ in range(10):
            connection.request("POST", f"/live/{tokens[name]}", body)
            answer = connection.getresponse()
            data = np.frombuffer(answer.read(), "uint8")
            found[name].append(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])

    threads = [threading.Thread(target=drive, args=[name]) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    for name in names:
        assert len(found[name]) == 10
        wanted = crop_of(folder / f"{name}.png")
        for image in found[name]:
            assert np.abs(image - wanted).mean() < 6


def test_live_without_a_face_is_a_message(anne, folder):
    photo = handle_file(folder / "empty.png")
    token, text = anne.predict(photo, "relative", True, False, api_name="/open_live")
    assert token == "" and "No face found in empty.png" in text


def test_cancel_stops_ones_own_job_only(visit, folder, monkeypatch):
    started, release = threading.Event(), threading.Event()

    def job(models, photo, driving, folder, *, cancel, **options):
        started.set()
        for _ in range(600):
            if cancel.wait(0.1):
                raise handlers.Cancelled
            if release.is_set():
                raise InputError("it went on")
        raise AssertionError

    monkeypatch.setattr(handlers, "animate_clip", job)
    anne, bob = visit(), visit()
    running = animate(anne, folder / "red.png")
    assert started.wait(60)
    bob.predict(api_name="/cancel")
    assert not running.done()
    anne.predict(api_name="/cancel")
    assert "Cancelled." in running.result(timeout=60)[3]
    running = animate(anne, folder / "red.png")
    bob.predict(api_name="/cancel")
    release.set()
    assert "It went on" in running.result(timeout=60)[3]


def test_only_this_computer_and_nothing_from_outside(server):
    address, _ = server
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", address)
    page = urllib.request.urlopen(address).read().decode()
    assert "aanLive" in page
    # Scripts and styles that the page loads by itself.
    loaded = re.findall(r"<(?:script|link)[^>]*?(?:src|href)=\"(https?://[^\"]*)", page)
    assert [link for link in loaded if not link.startswith(address)] == []
    config = urllib.request.urlopen(address + "/config").read().decode()
    assert '"analytics_enabled":false' in config.replace(" ", "")


def test_files_of_the_server_are_not_given_away(server, folder):
    for path in (server_module.__file__, folder / "red.png", "/etc/passwd"):
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(f"{server[0]}/gradio_api/file={path}")
        assert error.value.code in (403, 404)


def test_uploads_and_results_go_with_the_server(models, folder):
    with serving(models, port=0) as (address, app):
        kept = app.state.folder
        visitor = Client(address, verbose=False, download_files=False)
        animate(visitor, folder / "red.png", CLIP, folder / "clip.mp4").result(120)
        names = {path.name for path in kept.rglob("*") if path.is_file()}
        assert {"red.png", "clip.mp4", "reenacted.mp4"} <= names
    assert not kept.exists()
    with pytest.raises(OSError):
        urllib.request.urlopen(address)


def test_a_port_in_use_is_one_clear_line_at_once():
    def load():
        raise AssertionError("nothing is loaded for an address that is taken")

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with (
            pytest.raises(InputError, match=f"port {port}.*choose another --port"),
            serving(load, port=port),
        ):
            pass


def test_without_gradio_it_says_how_to_get_it(monkeypatch):
    check_installed()
    monkeypatch.setattr(server_module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'aan_keras\[demo\]'"):
        check_installed()
