"""The motion in whatever is given as driving."""

import pathlib

import numpy as np

from aan_keras.faces.clip_range import ClipRange
from aan_keras.faces.landmark_track import LandmarkTrack
from aan_keras.faces.photo import PHOTO_SUFFIXES, read_photo, to_rgb
from aan_keras.faces.track_video import track_video
from aan_keras.faces.video_reader import VideoReader


def driving_track(
    driving, landmarker, face=None, report=None, progress=None, clip_range=None
):
    """`LandmarkTrack` of a clip, a photo, a track or arrays.

    Args:
        driving: path of a video, a photo or an `.npz` track; `LandmarkTrack`;
            landmarks `[68, 2]` or `[T, 68, 2]`; uint8 RGB image `[H, W, 3]` or images
            `[T, H, W, 3]`; or an iterable of images.
        landmarker: callable that finds faces, see `FaceTracker`; not used for tracks
            and landmarks.
        face: number of the face to follow, 1 being the largest; None: the largest.
        report: callable that takes a line of text.
        progress: see `track_video`.
        clip_range: `ClipRange`, the part of the clip to use; None: all. A photo is used
            as it is.
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
        options["clip_range"] = part
        return track_video(VideoReader(path), landmarker, **options)
    name = "the driving image"
    if isinstance(driving, np.ndarray):
        if driving.shape[-2:] == (68, 2):
            landmarks = driving[None] if driving.ndim == 2 else driving
            return part.cut(LandmarkTrack(landmarks, name="the driving landmarks"))
        if driving.ndim < 4:
            return track_video(
                [to_rgb(driving, name)], landmarker, name=name, **options
            )
    images = (to_rgb(image, name) for image in driving)
    return track_video(images, landmarker, clip_range=part, **options)
