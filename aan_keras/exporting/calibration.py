"""Inputs from which the ranges of int8 activations are found."""

import pathlib

import cv2
import numpy as np

from aan_keras.data.clips import decode_frame, read_clip
from aan_keras.exporting.bundled_example import bundled_example
from aan_keras.faces.input_error import InputError

_MAX_CLIPS = 32
_FRAMES_PER_CLIP = 4


def calibration_inputs(content, image_size, data=None, report=None):
    """Inputs of both signatures for the quantizer.

    Args:
        content: bytes of the float32 TFLite model, which makes the codes.
        image_size: side S of the model's crops.
        data: folder of face crops, `<identity>/<clip>/*.jpg` and `landmarks.npy`; 32
            clips spread over it are read. None: the bundled portrait and motion.
        report: callable that takes a line of text.

    Returns:
        dict by signature of lists of dicts of arrays.
    """
    from ai_edge_litert.interpreter import Interpreter

    faces = _bundled(image_size) if data is None else _from_folder(data, image_size)
    if report is not None:
        what = "the bundled portrait, one face only: give --data for better ranges"
        report(f"ranges of int8 from {what if data is None else data}")
    encode = Interpreter(model_content=content).get_signature_runner("encode_source")
    inputs = {"encode_source": [], "drive": []}
    for source, source_landmarks, driving in faces:
        arrays = {"source": source[None], "source_landmarks": source_landmarks[None]}
        code = {name: value.copy() for name, value in encode(**arrays).items()}
        inputs["encode_source"].append(arrays)
        inputs["drive"] += [
            {**code, "driving_landmarks": landmarks[None]} for landmarks in driving
        ]
    return inputs


def _bundled(image_size):
    source, landmarks, driving = bundled_example(image_size)
    places = np.linspace(0, len(driving) - 1, 16).astype(int)
    return [(source, landmarks, driving[places])]


def _from_folder(data, image_size):
    data = pathlib.Path(data)
    folders = [file.parent for file in sorted(data.glob("*/*/landmarks.npy"))]
    places = np.linspace(0, len(folders) - 1, min(len(folders), _MAX_CLIPS))
    clips = [read_clip(folders[int(place)])[0] for place in places]
    faces = [_face_of(clip, image_size) for clip in clips if clip is not None]
    if not faces:
        raise InputError(
            f"{data} has no face crops: expected <identity>/<clip>/*.jpg and "
            "landmarks.npy"
        )
    return faces


def _face_of(clip, image_size):
    """First frame as source, frames spread over the clip as driving."""
    scale = image_size / clip.image_size
    landmarks = ((clip.landmarks + 0.5) * scale - 0.5).astype("float32")
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    image = decode_frame(clip.frames[0])
    source = cv2.resize(image, (image_size, image_size), interpolation=method)
    places = np.linspace(0, len(landmarks) - 1, _FRAMES_PER_CLIP).astype(int)
    return source, landmarks[0], landmarks[places]
