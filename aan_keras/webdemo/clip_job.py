"""A photo animated by a clip or a track, into files for the page."""

import dataclasses
import itertools
import pathlib

from aan_keras.demo import MOTION
from aan_keras.faces import ClipRange, InputError, VideoReader, VideoWriter
from aan_keras.faces.photo import PHOTO_SUFFIXES
from aan_keras.reenact_file import side_by_side_frames
from aan_keras.reenactment import Reenactment
from aan_keras.webdemo.source_photo import fit_within

MAX_CLIP_BYTES = 200_000_000
MAX_SECONDS = 30
# Three photos next to each other are more than a page shows.
_LONGEST_SIDE = 1536


class Cancelled(Exception):
    """The visitor pressed Cancel, or left."""


@dataclasses.dataclass(frozen=True)
class ClipResult:
    """What `animate_clip` wrote.

    Args:
        video: path of the result.
        side_by_side: path of photo, driving clip and result, next to each other.
        num_frames: how many frames were made.
        notes: list of lines of text: which face was used, which frames had none.
    """

    video: pathlib.Path
    side_by_side: pathlib.Path
    num_frames: int
    notes: list


def animate_clip(
    models,
    photo,
    driving,
    folder,
    *,
    face=1,
    mode="transform",
    smooth=False,
    paste_back=False,
    size=None,
    progress=None,
    cancel=None,
):
    """Animates a photo by a clip.

    Args:
        models: `DemoModels`.
        photo: `SourcePhoto`.
        driving: path of a clip; None: the bundled track.
        folder: where to write; it exists.
        face: number of the face in the photo.
        mode, smooth, paste_back, size: see `Reenactment`.
        progress: callable `(done, total, what)`; total may be None.
        cancel: `threading.Event`; when it's set, `Cancelled` is raised and nothing is
            left in the folder.

    Returns:
        `ClipResult`.
    """
    driving = pathlib.Path(driving or MOTION)
    if driving != MOTION:
        _check_clip(driving)

    def watched(iterable, total, what):
        for done, item in enumerate(iterable):
            if cancel is not None and cancel.is_set():
                raise Cancelled
            if progress is not None:
                progress(done, total, what)
            yield item

    notes = []
    reenactment = Reenactment(
        models.reenactor,
        photo.image,
        driving,
        mode=mode,
        transformer=models.transformer,
        source_landmarks=photo.face(face).landmarks,
        clip_range=ClipRange(end=MAX_SECONDS),
        smooth=smooth,
        paste_back=paste_back,
        size=size,
        report=notes.append,
        progress=watched,
    )
    folder, track = pathlib.Path(folder), reenactment.track
    result = ClipResult(
        folder / "reenacted.mp4", folder / "side_by_side.mp4", len(track), notes
    )
    sound = None if driving == MOTION else driving
    single, joined = itertools.tee(reenactment.frames())
    joined = side_by_side_frames(reenactment, joined, driving)
    pairs = zip(track.frame_index, single, joined)
    with (
        VideoWriter(result.video, track.fps, sound) as video,
        VideoWriter(result.side_by_side, track.fps, sound) as beside,
    ):
        for index, frame, both in watched(pairs, len(track), "Animating"):
            video.write(frame, int(index))
            beside.write(fit_within(both, _LONGEST_SIDE), int(index))
    return result


def _check_clip(path):
    if not path.is_file():
        raise InputError(f"{path.name} is no longer here: give the clip again")
    if path.stat().st_size > MAX_CLIP_BYTES:
        raise InputError(
            f"{path.name} is too large: clips may have up to "
            f"{MAX_CLIP_BYTES // 1_000_000} MB"
        )
    if path.suffix.lower() in (*PHOTO_SUFFIXES, ".gif", ".npz"):
        raise InputError(f"{path.name} is not a video: use an MP4 or other video file")
    VideoReader(path)
