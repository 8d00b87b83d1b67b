"""From files to a file: what the command line does."""

import dataclasses
import pathlib
import time

import numpy as np

from aan_keras.faces import InputError, VideoReader, VideoWriter, write_photo
from aan_keras.faces.draw_landmarks import draw_landmarks
from aan_keras.faces.face_crop import FaceCrop
from aan_keras.faces.photo import PHOTO_SUFFIXES, read_photo
from aan_keras.faces.video_writer import VIDEO_SUFFIXES
from aan_keras.reenactment import Reenactment


@dataclasses.dataclass(frozen=True)
class Written:
    """What `reenact_file` wrote.

    Args:
        path: the file.
        num_frames: how many frames it has.
        frames_per_second: how fast they were made, the first one left out.
    """

    path: pathlib.Path
    num_frames: int
    frames_per_second: float


class Timer:
    """Frames per second, the first one, which compiles the graph, left out."""

    def __init__(self):
        self._first = self._last = None
        self._count = -1

    def tick(self):
        """A frame is done."""
        self._last = time.perf_counter()
        self._first = self._first or self._last
        self._count += 1

    @property
    def per_second(self):
        """Frames per second so far; 0 if there was no second frame."""
        return self._count / (self._last - self._first) if self._count > 0 else 0.0


def check_file_kinds(driving, output):
    """A photo drives a photo, a clip or a track drives a video."""
    still = pathlib.Path(driving).suffix.lower() in PHOTO_SUFFIXES
    suffix = pathlib.Path(output).suffix.lower()
    if still and suffix not in PHOTO_SUFFIXES:
        raise InputError(
            f"{output} can't hold the result: a driving photo gives a photo; "
            "use a name that ends in .png"
        )
    if not still and suffix not in VIDEO_SUFFIXES:
        raise InputError(
            f"{output} can't hold the result: a driving clip gives a video; "
            "use a name that ends in .mp4"
        )


def reenact_file(
    reenactor,
    source,
    driving,
    output,
    *,
    side_by_side=False,
    progress=None,
    **options,
):
    """Animates a photo and writes the result.

    Args:
        reenactor: `aan_keras.Reenactor`.
        source: path of a photo.
        driving: path of a photo, video or `.npz` landmark track.
        output: path to write, `.png` or `.jpg` for a photo, `.mp4` for the others. It
            has the frame rate and the sound of the driving clip, and appears when it
            is complete.
        side_by_side: source, driving and result next to each other.
        progress: see `Reenactment`.
        **options: of `Reenactment`.

    Returns:
        `Written`.
    """
    check_file_kinds(driving, output)
    driving = pathlib.Path(driving)
    reenactment = Reenactment(reenactor, source, driving, progress=progress, **options)
    frames = _side_by_side(reenactment, driving) if side_by_side else None
    frames = frames or reenactment.frames()
    if driving.suffix.lower() in PHOTO_SUFFIXES:
        write_photo(output, next(iter(frames)))
        return Written(pathlib.Path(output), 1, 0.0)
    if progress is not None:
        frames = progress(frames, len(reenactment), "reenacting")
    track, timer = reenactment.track, Timer()
    sound = None if driving.suffix.lower() == ".npz" else driving
    with VideoWriter(output, track.fps, audio_from=sound) as video:
        for index, frame in zip(track.frame_index, frames):
            video.write(frame, int(index))
            timer.tick()
    return Written(pathlib.Path(output), len(track), timer.per_second)


def _side_by_side(reenactment, driving):
    """Yields source, driving and result, joined, one driving frame after another."""
    size = reenactment.reenactor.image_size
    track = reenactment.track
    shown = _driving_images(track, driving, size)
    for image, result in zip(shown, reenactment.frames()):
        yield np.hstack([reenactment.source_image, image, result])


def _driving_images(track, driving, size):
    if driving.suffix.lower() == ".npz":
        for landmarks in track.landmarks:
            yield draw_landmarks(
                FaceCrop(0, 0, track.crop_size).to_crop(landmarks, size), size
            )
        return
    if driving.suffix.lower() in PHOTO_SUFFIXES:
        yield track.crop.cut(read_photo(driving), size)
        return
    kept = set(track.frame_index.tolist())
    for index, image in VideoReader(driving):
        if index in kept:
            yield track.crop.cut(image, size)
