"""From a clip to the motion of the face in it."""

import itertools
import pathlib

import numpy as np

from aan_keras.faces.choose_face import choose_face
from aan_keras.faces.clip_range import ClipRange
from aan_keras.faces.face import box_around
from aan_keras.faces.face_crop import FaceCrop
from aan_keras.faces.face_tracker import FaceTracker
from aan_keras.faces.input_error import InputError
from aan_keras.faces.landmark_track import LandmarkTrack, list_frames

CROP_SIZE = 256
_LONGEST_GAP_SECONDS = 0.5


def track_video(
    frames,
    landmarker,
    fps=None,
    face=None,
    report=None,
    progress=None,
    name=None,
    clip_range=None,
):
    """Follows a face through a clip.

    Args:
        frames: `VideoReader`, or an iterable of uint8 RGB images.
        landmarker: see `FaceTracker`.
        fps: frames per second; None: the reader's, or 25.
        face: number of the face in the first frame that has one; None: the largest.
        report: callable that takes a line of text: which face, which frames were held
            or dropped.
        progress: callable `(iterable, total, what)` that returns an iterable, for a
            progress bar; total may be None.
        name: what messages call the clip; None: the reader's file name.
        clip_range: `ClipRange`, the part to follow the face in; None: all.

    Returns:
        `LandmarkTrack`. A face that is gone for up to half a second keeps its last
        landmarks; frames of a longer gap are left out.
    """
    path = getattr(frames, "path", None)
    name = name or (pathlib.Path(path).name if path else "the driving clip")
    fps = fps or getattr(frames, "fps", 25)

    def choose(faces):
        return choose_face(faces, face, name, report)

    max_gap = round(_LONGEST_GAP_SECONDS * float(fps))
    tracker = FaceTracker(landmarker, choose, max_gap=max_gap)
    landmarks, index, held, dropped = [], [], [], []
    first, stop = (clip_range or ClipRange()).frames(fps)
    if path:
        pairs = frames.between(first, stop)
    else:
        pairs = itertools.islice(enumerate(frames), first, stop)
    if progress is not None:
        total = getattr(frames, "num_frames", None) or stop
        if total is not None:
            total = max(min(total, stop or total) - first, 0)
        pairs = progress(pairs, total, "tracking")
    for place, image in pairs:
        found = tracker.update(image)
        if found is None:
            dropped.append(place)
            continue
        landmarks.append(found.landmarks)
        index.append(place)
        if tracker.is_held:
            held.append(place)
    if not landmarks and not dropped:
        after = f" after {float(first / fps):g} s" if first else ""
        raise InputError(f"{name} has no frames{after}")
    if not landmarks:
        choose_face([], face, name)
    landmarks = np.stack(landmarks)
    crop = FaceCrop.around(np.median(box_around(landmarks), axis=0))
    track = LandmarkTrack(
        crop.to_crop(landmarks, CROP_SIZE),
        crop_size=CROP_SIZE,
        fps=fps,
        frame_index=index,
        dropped=dropped,
        crop=crop,
        name=name,
    )
    if report is not None and held:
        report(f"{name}: no face in {list_frames(held)}: kept the last landmarks")
    if report is not None and dropped:
        report(f"{name}: no face in {list_frames(dropped)}: left out")
    return track
