"""Frames a second and delay of the web demo's live webcam.

Three rows: the server's work on one frame alone; the same through HTTP; and all of it
in a headless Chromium whose camera is a recorded clip: capture, JPEG, the way to the
server and back, landmarks, network, drawing. The delay is from the moment a camera
frame is there to the moment the result is drawn on the page.

Example: python benchmarks/webcam.py --preset aan_128 --seconds 15
"""

import argparse
import http.client
import os
import statistics
import tempfile
import time
import urllib.parse
from pathlib import Path

from camera_clip import FPS, camera_frames, jpeg, write_camera_clip
from headless_chromium import chromium, find_chromium
from report import report

import aan_keras
from aan_keras.demo import PORTRAIT
from aan_keras.models.landmark_transformer import LandmarkTransformer
from aan_keras.webdemo.demo_models import DemoModels
from aan_keras.webdemo.live_route import answer_frame
from aan_keras.webdemo.live_session import LiveSession
from aan_keras.webdemo.server import serving
from aan_keras.webdemo.source_photo import SourcePhoto

WARM_UP = 20


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="aan_128")
    parser.add_argument("--seconds", type=float, default=15, help="of each row")
    parser.add_argument("--mode", default="transform")
    arguments = parser.parse_args()
    reenactor = aan_keras.Reenactor.from_preset(arguments.preset)
    models = DemoModels(reenactor, LandmarkTransformer.from_preset())
    models.warm_up()
    images = list(camera_frames(reenactor))
    # As the page sends them.
    small = [jpeg(image[::2, ::2], 88) for image in images]
    server, stages = time_server(models, small, arguments)
    rows = [server]
    with serving(models, port=0) as (url, app), tempfile.TemporaryDirectory() as folder:
        token = app.state.sessions.open("client", open_session(models, arguments))
        rows.append(time_http(url, token, small, arguments))
        path, reason = find_chromium()
        if path is None:
            print(f"no row of the browser: {reason}")
        else:
            clip = Path(folder) / "camera.mjpeg"
            write_camera_clip(clip, images)
            rows.append(time_browser(url, path, clip, arguments))
    print("server, median ms:", ", ".join(f"{k} {v:.1f}" for k, v in stages.items()))
    context = {
        "preset": arguments.preset,
        "image size": models.image_size,
        "cores": len(os.sched_getaffinity(0)),
        "camera frames/s": FPS,
        "load average": round(os.getloadavg()[0], 1),
    }
    report("webcam", rows, **context)


def open_session(models, arguments):
    return LiveSession(models, SourcePhoto(PORTRAIT), mode=arguments.mode)


def time_server(models, frames, arguments):
    """The row of the server alone, and the medians of its stages."""
    session, delays, stages = open_session(models, arguments), [], []
    end = time.perf_counter() + arguments.seconds
    for number in range(10**9):
        start = time.perf_counter()
        if start > end and len(delays) > 1:
            break
        response = answer_frame(session, frames[number % len(frames)])
        if number >= WARM_UP:
            delays.append(1e3 * (time.perf_counter() - start))
            timing = response.headers["server-timing"].split(", ")
            stages.append(dict(part.split(";dur=") for part in timing))
    medians = {
        name: statistics.median(float(stage[name]) for stage in stages)
        for name in stages[0]
    }
    return row("server alone", delays), medians


def time_http(url, token, frames, arguments):
    """The row of one client that sends frame after frame."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc)
    delays, end = [], time.perf_counter() + arguments.seconds
    for number in range(10**9):
        start = time.perf_counter()
        if start > end and len(delays) > 1:
            break
        connection.request("POST", f"/live/{token}", frames[number % len(frames)])
        response = connection.getresponse()
        response.read()
        assert response.status == 200, response.status
        if number >= WARM_UP:
            delays.append(1e3 * (time.perf_counter() - start))
    return row("through HTTP", delays)


def time_browser(url, path, clip, arguments):
    """The row of the page itself, as a visitor uses it."""
    with chromium(path, camera=clip) as browser:
        page = browser.new_page()
        page.goto(url)
        page.wait_for_selector("#aan-photo-message .aan-good")
        page.get_by_label("My webcam, live").click()
        page.get_by_role("button", name="Start camera").click()
        page.wait_for_function(f"aanLive.frames().length > {WARM_UP}")
        page.wait_for_timeout(1e3 * arguments.seconds)
        frames = page.evaluate("aanLive.frames()")[WARM_UP:]
    parts = ("wait", "encode", "request", "server")
    medians = {
        part: statistics.median(frame[part] for frame in frames) for part in parts
    }
    print("browser, median ms:", ", ".join(f"{k} {v:.1f}" for k, v in medians.items()))
    assert all(frame["hasFace"] for frame in frames)
    span = frames[-1]["drawn"] - frames[0]["drawn"]
    delays = [frame["latency"] for frame in frames]
    return row("browser, end to end", delays, 1e3 * (len(frames) - 1) / span)


def row(name, delays, per_second=None):
    return {
        "path": name,
        "frames/s": per_second or 1e3 / statistics.mean(delays),
        "median ms": statistics.median(delays),
        "95 % ms": statistics.quantiles(delays, n=20)[-1],
        "frames": len(delays),
    }


if __name__ == "__main__":
    main()
