"""Results as `evaluate` makes them, without an evaluation."""

import types

from aan_keras.evaluation.pairs import FrameKey, Pair
from aan_keras.evaluation.results import summarize

PAIRS = [
    Pair(FrameKey(person, "v0", 0), FrameKey(person, "v0", index))
    for person in ("anna", "ben")
    for index in (1, 2)
]
METHODS = [
    types.SimpleNamespace(name="copy", weights=None),
    types.SimpleNamespace(name="net<1>", weights="ab" * 32),
]


def record(csim, prmse, l1, found=True):
    return {"face_found": found, "csim": csim, "prmse": prmse, "aucon": 0.5, "l1": l1}


MEASURED = {
    "copy": [record(1.0, 8.0, 20.0), record(1.0, 6.0, 22.0)] * 2,
    "net<1>": [
        record(0.9, 3.0, 10.0),
        record(0.7, 4.0, 14.0),
        record(None, None, 30.0, found=False),
        record(0.95, 0.0, 9.0),
    ],
}


def drawn_results(protocol="self"):
    """The content of a `results.json`."""
    return {
        "protocol": protocol,
        "image_size": 32,
        "landmarks": "absolute",
        "openface": False,
        "frames_sha256": "0" * 64,
        **summarize(PAIRS, METHODS, MEASURED),
        "skipped": ["FID skipped: no file"],
    }
