"""Photos in and out, whatever their depth, channels and orientation."""

import contextlib
import pathlib

import numpy as np

from aan_keras.faces.exif_orientation import exif_orientation, turn_upright
from aan_keras.faces.input_error import InputError
from aan_keras.faces.output_file import output_file
from aan_keras.faces.photo_file import is_complete
from aan_keras.faces.turned_avif import is_turned_avif

WRITTEN_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
# GIFs may be clips.
PHOTO_SUFFIXES = (*WRITTEN_SUFFIXES, ".jfif", ".jpe", ".jp2", ".avif")
_SMALLEST = 16
# Of 1, on average. Resampling and sharpening overshoot by less; what runs from 0 to 255
# or from -1 to 1, or is brighter than white, loses far more.
_MOST_CLIPPED = 0.01


def read_photo(path):
    """Reads a photo as it is meant to be seen.

    EXIF orientation is applied, 16-bit images are reduced to 8, grey ones become RGB,
    transparent pixels are put on white.

    Args:
        path: an image file that OpenCV can decode (JPEG, PNG, WebP, BMP, TIFF). Of an
            animated one the first picture is read.

    Returns:
        uint8 `[H, W, 3]`, RGB.

    Raises:
        InputError: the file can't be read, is damaged, or is AVIF that is to be turned.
    """
    import cv2

    path = pathlib.Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot read {path}: {error.strerror}: check the path"
        ) from None
    if not data:
        raise InputError(f"{path} is empty (0 bytes): copy the photo again")
    if not is_complete(data):
        raise InputError(f"{path} is cut off or damaged: copy the photo again")
    if is_turned_avif(data):
        raise InputError(
            f"{path} is an AVIF photo that is stored turned, which can't be read: "
            "use a JPEG or PNG file"
        )
    with _quiet():
        image = _decode(data, cv2.IMREAD_UNCHANGED)
        if image is not None and (image.ndim < 3 or image.shape[2] == 3):
            # Only this way of reading applies the EXIF orientation.
            image = _decode(data, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
        elif image is not None:
            image = turn_upright(image, exif_orientation(data))
    if image is None:
        raise InputError(
            f"{path} is not a photo that can be read: use a JPEG or PNG file"
        )
    if image.ndim == 3:
        order = [2, 1, 0, 3][: image.shape[2]] if image.shape[2] > 2 else [0, 1]
        image = image[..., order]
    return to_rgb(image, path)


def to_rgb(image, name="the photo"):
    """uint8 RGB from grey, RGBA, 16-bit or float images (0 to 1).

    Args:
        image: `[H, W]` or `[H, W, 1 | 2 | 3 | 4]` array; the last of 2 or 4 channels
            is opacity.
        name: what to call it when it can't be used.

    Returns:
        uint8 `[H, W, 3]`.

    Raises:
        InputError: it is no image, is smaller than 16 x 16, or has pixels of another
            kind, or floats that are outside of 0 to 1 by more than resampling leaves.
    """
    image = np.asarray(image)
    if image.ndim == 2:
        image = image[..., None]
    if image.ndim != 3 or image.shape[2] not in (1, 2, 3, 4):
        raise InputError(
            f"{name} is not an image: it has shape {image.shape}, expected "
            "[height, width, 3]"
        )
    if min(image.shape[:2]) < _SMALLEST:
        raise InputError(
            f"{name} is too small for a face, {image.shape[1]} x {image.shape[0]} "
            f"pixels: use one of at least {_SMALLEST} x {_SMALLEST}"
        )
    if image.dtype != np.uint8:
        image = _to_uint8(image, name)
    if image.shape[2] in (2, 4):
        opacity = image[..., -1:].astype("float32") / 255
        colour = image[..., :-1] * opacity + 255 * (1 - opacity)
        image = np.round(colour).astype("uint8")
    if image.shape[2] == 1:
        image = np.repeat(image, 3, axis=2)
    return np.ascontiguousarray(image)


def write_photo(path, image):
    """Writes a uint8 RGB image; the suffix chooses the format.

    Args:
        path: file to write; it appears only when it's complete.
        image: uint8 `[H, W, 3]`.
    """
    import cv2

    path = pathlib.Path(path)
    if path.suffix.lower() not in WRITTEN_SUFFIXES:
        raise InputError(f"cannot write {path}: use a name that ends in .png or .jpg")
    with _quiet():
        try:
            done, data = cv2.imencode(path.suffix, image[..., ::-1])
        except cv2.error:
            done = False
    if not done:
        raise InputError(
            f"cannot write {path}: {image.shape[1]} x {image.shape[0]} pixels don't go "
            "into this kind of file: use a name that ends in .png"
        )
    with output_file(path) as beside:
        try:
            beside.write_bytes(data.tobytes())
        except OSError as error:
            raise InputError(
                f"cannot write {path}: {error.strerror}: choose another place"
            ) from None


def _decode(data, flags):
    import cv2

    try:
        return cv2.imdecode(np.frombuffer(data, "uint8"), flags)
    except cv2.error:
        return None


@contextlib.contextmanager
def _quiet():
    """Keeps the decoders' own messages off the terminal."""
    import cv2

    # OpenCV 5 moved these functions out of its main module.
    log = getattr(cv2.utils, "logging", cv2)
    level = log.getLogLevel()
    log.setLogLevel(0)  # silent
    try:
        yield
    finally:
        log.setLogLevel(level)


def _to_uint8(image, name):
    if image.dtype == np.uint16:
        return np.round(image / 257.0).astype("uint8")
    if np.issubdtype(image.dtype, np.floating) and np.isfinite(image).all():
        clipped = np.clip(image, 0, 1)
        if np.abs(image - clipped).mean() > _MOST_CLIPPED:
            raise InputError(
                f"{name} has floats outside of 0 to 1: scale them, or use uint8 or "
                f"uint16. Received: floats from {image.min():g} to {image.max():g}"
            )
        return np.round(clipped * 255).astype("uint8")
    raise InputError(
        f"{name} has pixels of a kind that can't be used ({image.dtype}): "
        "use uint8, uint16, or finite floats from 0 to 1"
    )
