"""The motion in whatever is given as driving."""

import pathlib

import numpy as np

from aan_keras.faces.clip_range import ClipRange
from aan_keras.faces.input_error import InputError
from aan_keras.faces.landmark_track import LandmarkTrack
from aan_keras.faces.photo import PHOTO_SUFFIXES, read_photo, to_rgb
from aan_keras.faces.track_video import track_video
from aan_keras.faces.video_reader import VideoReader

_NAME = "the driving image"


def driving_track(
    driving, landmarker, face=None, report=None, progress=None, clip_range=None
):
    """`LandmarkTrack` of a clip, a photo, a track or arrays.

    Args:
        driving: path of a video, a photo or an `.npz` track; `LandmarkTrack`;
            `VideoReader`; landmarks `[68, 2]` or `[T, 68, 2]`, or a list of them; uint8
            RGB image `[H, W, 3]` or images `[T, H, W, 3]`; or an iterable of images.
        landmarker: callable that finds faces, see `FaceTracker`; not used for tracks
            and landmarks.
        face: number of the face to follow, 1 being the largest; None: the largest.
        report: callable that takes a line of text.
        progress: see `track_video`.
        clip_range: `ClipRange`, the part of the clip to use; None: all. A photo is used
            as it is.

    Raises:
        InputError: it is none of these, can't be read, or shows no face.
    """
    part = clip_range or ClipRange()
    if isinstance(driving, LandmarkTrack):
        return part.cut(driving)
    options = {"face": face, "report": report, "progress": progress}
    if isinstance(driving, (str, pathlib.Path)):
        path = pathlib.Path(driving)
        if path.suffix.lower() == ".npz":
            return part.cut(LandmarkTrack.load(path))
        if path.suffix.lower() in PHOTO_SUFFIXES:
            return track_video(
                [read_photo(path)], landmarker, name=path.name, **options
            )
        driving = VideoReader(path)
    if isinstance(driving, VideoReader):
        return track_video(driving, landmarker, clip_range=part, **options)
    driving = _as_array(driving)
    if isinstance(driving, np.ndarray):
        if driving.shape[-2:] == (68, 2):
            landmarks = driving[None] if driving.ndim == 2 else driving
            return part.cut(LandmarkTrack(landmarks, name="the driving landmarks"))
        if driving.ndim < 4:
            return track_video(
                [to_rgb(driving, _NAME)], landmarker, name=_NAME, **options
            )
    return track_video(_images(driving), landmarker, clip_range=part, **options)


def _as_array(driving):
    """An array of what is one image, or landmarks; a camera and the like as it is."""
    if isinstance(driving, (list, tuple)):
        shapes = {tuple(getattr(each, "shape", ())) for each in driving}
        return np.stack(driving) if shapes == {(68, 2)} else driving
    # Pillow's images have no shape. Iterated over, a single image would be its rows.
    is_one = 0 < len(getattr(driving, "shape", ())) < 4
    if is_one or hasattr(driving, "__array_interface__"):
        return np.asarray(driving)
    return driving


def _images(driving):
    """Iterator of uint8 RGB images; what is not iterable is refused at once."""
    try:
        images = iter(driving)
    except TypeError:
        raise _no_driving(type(driving).__name__) from None
    return (_image(image) for image in images)


def _image(image):
    try:
        array = np.asarray(image)
    except (TypeError, ValueError):
        array = np.asarray(None)
    if array.dtype.kind in "OSU":
        raise _no_driving(f"an iterable of {type(image).__name__}")
    return to_rgb(array, _NAME)


def _no_driving(received):
    return InputError(
        "what drives must be a path, a LandmarkTrack, a VideoReader, landmarks "
        f"[frames, 68, 2], an image, or an iterable of images. Received: {received}"
    )
