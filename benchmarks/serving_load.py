"""Clients against the development server, every answer checked against its own.

Concurrent clients ask for clips of different photos and motions, in random order, and
compare each answer with what Keras made of the same photo and motion before the load
began. Then come malformed requests, each of which must be refused with
INVALID_ARGUMENT, and the first clips again. The server is a process of its own.

Example: python benchmarks/serving_load.py --clients 8 --seconds 120 --malformed 200
"""

import argparse
import collections
import dataclasses
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import threading
import time

import numpy as np
from malformed_requests import refusals
from report import report

from aan_keras.serving import ServingError, ServingReenactor

# Levels of 255: the server's graph rounds differently in the last bit.
TOLERANCE = 1


@dataclasses.dataclass(frozen=True)
class Job:
    """A clip to ask for, and the answer.

    Args:
        arrays: inputs of `ServingReenactor.animate` by name.
        expected: uint8 `[T, S, S, 3]`.
    """

    arrays: dict
    expected: np.ndarray


class Load:
    """Clients that ask for the clips of `jobs` in random order.

    Args:
        connect: callable that makes a client, once for each thread.
        jobs: list of `Job`.

    Attributes:
        times: seconds of each answer.
        sent, right, wrong, swapped, errors: how many; `swapped` are the wrong ones
            that are the answer to another job.
    """

    def __init__(self, connect, jobs):
        self._connect, self._jobs = connect, jobs
        self._lock = threading.Lock()
        self.times = []
        self.sent = self.right = self.wrong = self.swapped = 0
        self.errors = collections.Counter()

    @property
    def lost(self):
        """Requests without an answer of any kind."""
        answered = self.right + self.wrong + self.swapped
        return self.sent - answered - sum(self.errors.values())

    def run(self, clients, seconds=None, requests=None):
        """Until the time is over, or each client has sent so many requests."""
        end = time.monotonic() + (seconds or float("inf"))
        threads = [
            threading.Thread(target=self._client, args=(seed, end, requests))
            for seed in range(clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _client(self, seed, end, requests):
        order = random.Random(seed)
        count = 0
        with self._connect() as client:
            while time.monotonic() < end and (requests is None or count < requests):
                self._ask(client, order.randrange(len(self._jobs)))
                count += 1

    def _ask(self, client, number):
        job = self._jobs[number]
        with self._lock:
            self.sent += 1
        start = time.perf_counter()
        try:
            frames = np.stack(list(client.animate(**job.arrays)))
        except ServingError as error:
            with self._lock:
                self.errors[error.code] += 1
            return
        seconds = time.perf_counter() - start
        verdict = self._verdict(frames, number)
        with self._lock:
            self.times.append(seconds)
            setattr(self, verdict, getattr(self, verdict) + 1)

    def _verdict(self, frames, number):
        if _equal(frames, self._jobs[number].expected):
            return "right"
        others = [job.expected for job in self._jobs]
        return "swapped" if any(_equal(frames, other) for other in others) else "wrong"


def _equal(frames, expected):
    if frames.shape != expected.shape:
        return False
    return np.abs(frames.astype(np.int16) - expected).max() <= TOLERANCE


def make_jobs(reenactor, source, landmarks, driving, count, frames):
    """Different photos and motions, made from one, with what Keras makes of them.

    Args:
        reenactor: `aan_keras.Reenactor`.
        source: uint8 `[S, S, 3]`.
        landmarks: float32 `[68, 2]`.
        driving: float32 `[T, 68, 2]`.
        count: how many jobs.
        frames: of each; less than T.

    Returns:
        list of `Job`.
    """
    import tensorflow as tf

    drive = tf.function(reenactor.drive)
    jobs = []
    for i in range(count):
        tinted = np.roll(source, i, axis=-1).astype("float32") * (1 - 0.4 * i / count)
        tinted = tinted.astype("uint8")
        start = i * (len(driving) - frames) // max(count - 1, 1)
        part = driving[start : start + frames]
        image = tinted[None].astype("float32") / 127.5 - 1
        code = reenactor.encode_source(image, landmarks[None])
        images = [drive(code, tf.constant(points[None])).numpy()[0] for points in part]
        expected = np.round(np.clip((np.stack(images) + 1) * 127.5, 0, 255))
        arrays = {
            "source": tinted,
            "source_landmarks": landmarks,
            "driving_landmarks": part,
        }
        jobs.append(Job(arrays, expected.astype("uint8")))
    return jobs


def resident_mb(process):
    """Resident memory of a process."""
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024


def start_server(models):
    """`aan-keras serve` on free ports; `(process, port, rest_port)`."""
    command = [sys.executable, "-m", "aan_keras", "serve", "--models", str(models)]
    process = subprocess.Popen(
        [*command, "--port", "0", "--rest-port", "0"], stdout=subprocess.PIPE, text=True
    )
    for line in process.stdout:
        print(line, end="")
        found = re.search(r"grpc://127.0.0.1:(\d+) and http://127.0.0.1:(\d+)", line)
        if found:
            return process, int(found[1]), int(found[2])
    raise SystemExit("the server did not start")


def watch_memory(process, stop, into, every=5.0):
    """Appends `(seconds, MB)` until `stop` is set."""
    start = time.monotonic()
    while not stop.wait(every):
        into.append((time.monotonic() - start, resident_mb(process)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="aan_128")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--frames", type=int, default=8, help="of a clip")
    parser.add_argument("--jobs", type=int, default=16, help="different clips")
    parser.add_argument("--malformed", type=int, default=200)
    parser.add_argument("--rest", action="store_true", help="clients over REST")
    arguments = parser.parse_args()
    import aan_keras
    from aan_keras.exporting import export_version
    from aan_keras.exporting.bundled_example import bundled_example

    reenactor = aan_keras.Reenactor.from_preset(arguments.preset)
    example = bundled_example(reenactor.image_size)
    jobs = make_jobs(reenactor, *example, arguments.jobs, arguments.frames)
    with tempfile.TemporaryDirectory() as folder:
        export_version(reenactor, pathlib.Path(folder) / "aan")
        process, port, rest_port = start_server(folder)
        try:
            measure(arguments, jobs, process.pid, port, rest_port)
        finally:
            process.terminate()
            process.wait()


def measure(arguments, jobs, server, port, rest_port):
    address = f"grpc://127.0.0.1:{port}"
    if arguments.rest:
        address = f"http://127.0.0.1:{rest_port}"

    def connect():
        # Late answers show in the percentiles; none is asked for twice.
        return ServingReenactor(address, retries=0, timeout=600)

    # Every thread and every signature once, before memory counts.
    Load(connect, jobs).run(arguments.clients, requests=4)
    before, watched, stop = resident_mb(server), [], threading.Event()
    watcher = threading.Thread(target=watch_memory, args=(server, stop, watched))
    watcher.start()
    load = Load(connect, jobs)
    start = time.monotonic()
    load.run(arguments.clients, seconds=arguments.seconds)
    seconds = time.monotonic() - start
    stop.set()
    watcher.join()
    after = resident_mb(server)
    size = jobs[0].expected.shape[1]
    refused = refusals(port, rest_port, size, arguments.malformed)
    again = Load(connect, jobs)
    again.run(1, requests=len(jobs))
    times = np.sort(load.times) * 1000
    thirds = np.array_split([mb for _, mb in watched] or [after], 3)
    row = {
        "sent": load.sent,
        "right": load.right,
        "wrong": load.wrong,
        "swapped": load.swapped,
        "lost": load.lost,
        "errors": sum(load.errors.values()),
        "p50 ms": float(np.percentile(times, 50)),
        "p99 ms": float(np.percentile(times, 99)),
        "frames/s": load.right * arguments.frames / seconds,
        "MB before": before,
        "MB after": after,
    }
    report(
        "serving_load",
        [row],
        address=address.partition(":")[0],
        clients=arguments.clients,
        seconds=round(seconds, 1),
        frames_a_clip=arguments.frames,
        **{
            "MB in each third": [round(float(np.mean(t))) for t in thirds if len(t)],
            "malformed": sum(refused.values()),
            "answers to them": dict(refused),
            "right afterwards": f"{again.right} of {again.sent}",
            "MB at the end": round(resident_mb(server)),
        },
    )


if __name__ == "__main__":
    main()
