"""Records of drawn frames: what happens to a clip after it was prepared."""

import os
import zlib

import cv2
import numpy as np

from aan_keras.demo import MOTION
from aan_keras.faces import LandmarkTrack
from aan_keras.faces.draw_landmarks import draw_landmarks
from aan_keras.preparation.clip_record import ClipRecord, ClipStatistics

SIZE = 64
MOTION_LANDMARKS = (LandmarkTrack.load(MOTION).landmarks + 0.5) * SIZE / 256 - 0.5


def drawn_clip(raw_clip, options=None, landmarker=None):
    """Stands in for `prepare_clip`: a clip that depends on the raw clip's name.

    Names with "broken" raise, names with "empty" have no usable frame.
    """
    key = f"{raw_clip.identity}/{raw_clip.name}"
    statistics = ClipStatistics(
        raw_clip.identity,
        raw_clip.name,
        raw_clip.split,
        raw_clip.kind,
        str(raw_clip.path),
    )
    if "broken" in key:
        raise ValueError(f"{raw_clip.path} is cut off")
    if "empty" in key:
        statistics.read, statistics.error = 5, "0 of 5 frames are usable"
        statistics.drop("no face", 5)
        return None, statistics
    generator = np.random.default_rng(zlib.crc32(os.fsencode(key)))
    count = int(generator.integers(2, 6))
    start = int(generator.integers(len(MOTION_LANDMARKS) - count))
    landmarks = MOTION_LANDMARKS[start : start + count]
    frames = [
        cv2.imencode(".jpg", draw_landmarks(points, SIZE))[1].tobytes()
        for points in landmarks
    ]
    record = ClipRecord(
        raw_clip.identity,
        raw_clip.name,
        frames,
        landmarks,
        SIZE,
        raw_clip.kind == "photos",
        np.arange(count),
    )
    statistics.read, statistics.kept = count + 1, count
    statistics.drop("blur")
    statistics.num_bytes = record.num_bytes
    statistics.face_width = [80.0] * count
    statistics.motion = None if record.is_photo_set else 0.05
    return record, statistics


def no_landmarker(refine):
    """Stands in for `DlibLandmarker`, whose 100 MB take a second to read."""


def make_raw_folder(path, names):
    """Empty video files and photo folders (names that end in "/") in `folders`."""
    for name in names:
        if name.endswith("/"):
            (path / name).mkdir(parents=True)
            (path / name / "0.jpg").touch()
        else:
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(os.fsencode(name))
    return path
