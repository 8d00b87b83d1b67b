"""A clip that stands in for a camera: the bundled portrait, moved as the track says."""

import pathlib

import cv2
import numpy as np

from aan_keras.demo import MOTION, PORTRAIT
from aan_keras.reenactment import Reenactment

# Chromium plays Motion JPEG at this rate, whatever the clip's was.
FPS = 30


def camera_frames(reenactor, width=640, height=480):
    """Yields uint8 RGB frames, there and back so that the clip can be looped."""
    reenactment = Reenactment(
        reenactor, PORTRAIT, MOTION, mode="relative", paste_back=True
    )
    frames = []
    for frame in reenactment.frames():
        frame = cv2.resize(frame, (height, height), interpolation=cv2.INTER_AREA)
        side = (width - height) // 2
        frames.append(np.pad(frame, ((0, 0), (side, side), (0, 0)), "edge"))
    yield from frames + frames[::-1]


def write_camera_clip(path, images):
    """Writes images as Motion JPEG, which Chromium takes for a camera."""
    with open(pathlib.Path(path), "wb") as file:
        for image in images:
            file.write(jpeg(image))


def jpeg(image, quality=90):
    """Bytes of a JPEG file."""
    options = [cv2.IMWRITE_JPEG_QUALITY, quality]
    return cv2.imencode(".jpg", image[..., ::-1], options)[1].tobytes()
