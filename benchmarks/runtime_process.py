"""A runtime in a process of its own, which times what it is asked to.

`RuntimeProcess` is the caller's side. The process itself is this file as a program; it
reads commands (`METHOD CALLS`, a line each) and answers each with a line of JSON.
"""

import json
import pathlib
import re
import resource
import subprocess
import sys
import time

import numpy as np


class RuntimeProcess:
    """Starts a runtime, with a photo and a clip to work on.

    Args:
        kind: `"keras"`, `"saved_model"`, `"onnx"` or `"litert"`.
        model: what the runtime loads.
        example: path of an `.npz` with `source`, `source_landmarks` and
            `driving_landmarks`, a batch of one photo and T frames.
        threads: of the runtime.
        image_size: `"keras"` only, replaces the preset's.
    """

    def __init__(self, kind, model, example, threads=1, image_size=None):
        size = [] if image_size is None else [str(image_size)]
        self._process = subprocess.Popen(
            [sys.executable, __file__, kind, model, example, str(threads), *size],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def time(self, method, calls):
        """Array `[calls, 2]`: wall and processor seconds of each."""
        return np.array(self._ask(f"{method} {calls}"))

    def peak_memory(self):
        """MB that the process held at most, Python and libraries included."""
        return self._ask("memory 0")

    def close(self):
        self._process.stdin.close()
        self._process.wait()

    def _ask(self, line):
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the runtime's process has ended, see its message above")
        return json.loads(answer)


def _open(kind, model, threads, image_size=None):
    import exported_runtimes

    if kind == "keras":
        return exported_runtimes.KerasRuntime(
            model, threads, image_size and int(image_size)
        )
    if kind == "saved_model":
        return exported_runtimes.SavedModelRuntime(model, threads)
    if kind == "onnx":
        return exported_runtimes.OnnxRuntime(model, threads)
    return exported_runtimes.litert_runtime(model, threads)


def _serve(kind, model, example, threads, *image_size):
    with np.load(example) as file:
        inputs = dict(file)
    driving = inputs.pop("driving_landmarks")
    runtime = _open(kind, model, int(threads), *image_size)
    code = runtime.encode_source(**inputs)
    frames = [driving[t % len(driving)][None] for t in range(len(driving))]
    methods = {
        "encode_source": lambda i: runtime.encode_source(**inputs),
        "drive": lambda i: runtime.drive(code, frames[i % len(frames)]),
        "reenact_clip": lambda i: runtime.reenact_clip(
            **inputs, driving_landmarks=driving
        ),
        "reenact_singly": lambda i: runtime.reenact_singly(
            **inputs, driving_landmarks=driving
        ),
    }
    for line in sys.stdin:
        method, calls = line.split()
        if method == "memory":
            answer = round(_peak_memory(), 1)
        else:
            answer = [_timed(methods[method], i) for i in range(int(calls))]
        print(json.dumps(answer), flush=True)


def _peak_memory():
    """MB. Not that of the process which started this one, as getrusage may say."""
    try:
        status = pathlib.Path("/proc/self/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _timed(call, i):
    wall, processor = time.perf_counter(), time.process_time()
    call(i)
    return time.perf_counter() - wall, time.process_time() - processor


if __name__ == "__main__":
    _serve(*sys.argv[1:])
