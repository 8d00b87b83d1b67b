"""From files to a file: what the command line does."""

import base64
import collections
import dataclasses
import pathlib
import time

import numpy as np

from aan_keras.faces import (
    ClipRange,
    InputError,
    VideoReader,
    VideoWriter,
    write_photo,
)
from aan_keras.faces.draw_landmarks import draw_landmarks
from aan_keras.faces.face_crop import FaceCrop
from aan_keras.faces.output_file import check_output
from aan_keras.faces.photo import PHOTO_SUFFIXES, WRITTEN_SUFFIXES, read_photo
from aan_keras.faces.video_writer import VIDEO_SUFFIXES
from aan_keras.reenactment import Reenactment


@dataclasses.dataclass(frozen=True)
class Written:
    """What `reenact_file` wrote; as the last line of a notebook's cell it shows it.

    Args:
        path: the file.
        num_frames: how many frames it has.
        frames_per_second: how fast they were made, the first one left out.
    """

    path: pathlib.Path
    num_frames: int
    frames_per_second: float

    def _repr_html_(self):
        """The picture or video itself, so that a saved notebook still shows it."""
        data = base64.b64encode(self.path.read_bytes()).decode()
        if self.path.suffix.lower() in PHOTO_SUFFIXES:
            kind = self.path.suffix.lower().strip(".").replace("jpg", "jpeg")
            return f'<img src="data:image/{kind};base64,{data}">'
        return f'<video controls loop src="data:video/mp4;base64,{data}"></video>'


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


def check_file_kinds(driving, output, clip_range=None):
    """A photo drives a photo, a clip or a track drives a video."""
    still = pathlib.Path(driving).suffix.lower() in PHOTO_SUFFIXES
    suffix = pathlib.Path(output).suffix.lower()
    if still and suffix not in WRITTEN_SUFFIXES:
        raise InputError(
            f"{output} can't hold the result: a driving photo gives a photo; "
            "use a name that ends in .png"
        )
    if not still and suffix not in VIDEO_SUFFIXES:
        raise InputError(
            f"{output} can't hold the result: {driving} gives a video, since it "
            f"doesn't end as photos do ({', '.join(PHOTO_SUFFIXES)}); use a name that "
            "ends in .mp4"
        )
    if still and clip_range not in (None, ClipRange()):
        raise InputError(
            f"{driving} is a photo: a start, an end, a frame rate and a number of "
            "frames belong to a clip"
        )


def reenact_file(
    reenactor,
    source,
    driving,
    output,
    *,
    side_by_side=False,
    track=None,
    clip_range=None,
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
        track: `LandmarkTrack` of `driving`, where it was found before; None: find it.
        clip_range: see `Reenactment`.
        progress: see `Reenactment`.
        **options: of `Reenactment`.

    Returns:
        `Written`.

    Raises:
        InputError: what is given can't be used, or the output can't be written, or is
            one of the inputs.
    """
    check_file_kinds(driving, output, clip_range)
    check_output(output, (source, driving))
    driving = pathlib.Path(driving)
    reenactment = Reenactment(
        reenactor,
        source,
        driving if track is None else track,
        clip_range=clip_range,
        progress=progress,
        **options,
    )
    frames = reenactment.frames()
    if side_by_side:
        frames = side_by_side_frames(reenactment, frames, driving)
    if driving.suffix.lower() in PHOTO_SUFFIXES:
        write_photo(output, next(iter(frames)))
        return Written(pathlib.Path(output), 1, 0.0)
    if progress is not None:
        frames = progress(frames, len(reenactment), "reenacting")
    track, timer = reenactment.track, Timer()
    sound = None if driving.suffix.lower() == ".npz" else driving
    with VideoWriter(output, track.fps, sound, reenactment.starts_at) as video:
        for index, frame in zip(track.frame_index, frames):
            video.write(frame, int(index))
            timer.tick()
    return Written(pathlib.Path(output), len(track), timer.per_second)


def side_by_side_frames(reenactment, frames, driving):
    """Yields source, driving and result, joined, one frame after another."""
    before = reenactment.before
    shown = _driving_images(reenactment, driving, len(before))
    for image, result in zip(shown, frames):
        yield np.hstack([before, image, result])


def _driving_images(reenactment, driving, size):
    """Yields what drives each frame, `[size, size, 3]`."""
    track = reenactment.track
    if driving.suffix.lower() == ".npz":
        for landmarks in track.landmarks:
            yield draw_landmarks(
                FaceCrop(0, 0, track.crop_size).to_crop(landmarks, size), size
            )
        return
    if driving.suffix.lower() in PHOTO_SUFFIXES:
        yield track.crop.cut(read_photo(driving), size)
        return
    times = collections.Counter(reenactment.driving_frames.tolist())
    for index, image in VideoReader(driving).between(min(times), max(times) + 1):
        for _ in range(times[index]):
            yield track.crop.cut(image, size)
