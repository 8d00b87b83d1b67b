"""The bundled portrait, moved by the bundled clip's landmarks."""

import pathlib

import numpy as np

from aan_keras.faces import VideoWriter, write_photo
from aan_keras.faces.draw_landmarks import draw_landmarks
from aan_keras.faces.face_crop import FaceCrop
from aan_keras.reenact_file import Timer, Written
from aan_keras.reenactment import Reenactment

ASSETS = pathlib.Path(__file__).resolve().parent / "assets"
PORTRAIT = ASSETS / "portrait.jpg"
MOTION = ASSETS / "motion.npz"
_COLUMNS = 7


def write_demo(reenactor, folder=".", *, progress=None, mode="transform", size=256):
    """Writes `demo.mp4` and a strip of it, `demo.png`.

    The strip's upper row shows landmarks, the source's and those of some driving
    frames; the lower row shows the source photo and the frames made from them.

    Args:
        reenactor: `aan_keras.Reenactor`.
        folder: where to write.
        progress: see `Reenactment`.
        mode: see `Reenactment`.
        size: see `Reenactment`. The face's crop in the portrait has 207 pixels.

    Returns:
        `(video, strip)`: two `Written`.
    """
    folder = pathlib.Path(folder)
    reenactment = Reenactment(reenactor, PORTRAIT, MOTION, mode=mode, size=size)
    track, crop = reenactment.track, FaceCrop(0, 0, reenactor.image_size)
    size = len(reenactment.before)
    shown = strip_frames(track.landmarks, _COLUMNS)
    frames, timer, kept = reenactment.frames(), Timer(), {}
    if progress is not None:
        frames = progress(frames, len(reenactment), "reenacting")
    with VideoWriter(folder / "demo.mp4", track.fps) as video:
        for t, frame in enumerate(frames):
            video.write(frame)
            timer.tick()
            if t in shown:
                kept[t] = frame
    drawn = FaceCrop(0, 0, track.crop_size).to_crop(track.landmarks, size)
    marks = crop.to_crop(reenactment.source_landmarks, size)
    upper = [draw_landmarks(marks, size)]
    upper += [draw_landmarks(drawn[t], size) for t in shown]
    lower = [reenactment.before, *(kept[t] for t in shown)]
    strip = np.vstack([np.hstack(upper), np.hstack(lower)])
    write_photo(folder / "demo.png", strip)
    return (
        Written(video.path, len(track), timer.per_second),
        Written(folder / "demo.png", 1, 0.0),
    )


def strip_frames(landmarks, count):
    """Indices of frames that differ most: farthest first, then in order of time."""
    flat = np.asarray(landmarks, "float64").reshape(len(landmarks), -1)
    flat = flat - flat.mean(0)
    chosen = [int(np.argmax((flat**2).sum(1)))]
    nearest = np.full(len(flat), np.inf)
    while len(chosen) < min(count, len(flat)):
        distance = ((flat - flat[chosen[-1]]) ** 2).sum(1)
        nearest = np.minimum(nearest, distance)
        chosen.append(int(np.argmax(nearest)))
    return sorted(chosen)
