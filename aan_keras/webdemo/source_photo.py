"""The photo that a visitor gives, and the faces in it."""

import pathlib
import warnings

import numpy as np

from aan_keras.faces import DlibLandmarker, FaceCrop, InputError, read_photo
from aan_keras.faces.choose_face import choose_face

MAX_PHOTO_BYTES = 25_000_000
MAX_PHOTO_PIXELS = 40_000_000
# A larger photo is reduced to this: the face is 128 or 256 pixels wide in the end.
_LONGEST_SIDE = 1024


class SourcePhoto:
    """A photo with the faces in it.

    Args:
        path: of a photo, `read_photo` reads it.
        landmarker: callable that finds faces; None: `DlibLandmarker()`.

    Attributes:
        image: uint8 RGB, at most 1024 pixels long.
        faces: list of `Face`, largest first; not empty.
        name: of the file.
    """

    def __init__(self, path, landmarker=None):
        path = pathlib.Path(path)
        self.name = path.name
        if not path.is_file():
            raise InputError(f"{self.name} is no longer here: give the photo again")
        if path.stat().st_size > MAX_PHOTO_BYTES:
            raise InputError(
                f"{self.name} is too large: photos may have up to "
                f"{MAX_PHOTO_BYTES // 1_000_000} MB"
            )
        # Before it is decoded: a small file may hold very many pixels.
        self._check_size(*self._stated_size(path))
        image = read_photo(path)
        self._check_size(*image.shape[1::-1])
        self.image = fit_within(image, _LONGEST_SIDE)
        self.faces = (landmarker or DlibLandmarker())(self.image)
        self.face(1)

    def _check_size(self, width, height):
        if width * height > MAX_PHOTO_PIXELS:
            raise InputError(
                f"{self.name} is too large, {width} x {height} pixels: photos may have "
                f"up to {MAX_PHOTO_PIXELS // 1_000_000} megapixels"
            )

    def _stated_size(self, path):
        """`(width, height)` as the file's header says; (0, 0) where PIL can't tell."""
        from PIL import Image

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with Image.open(path) as image:
                    return image.size
        except Image.DecompressionBombError:
            raise InputError(
                f"{self.name} is too large: photos may have up to "
                f"{MAX_PHOTO_PIXELS // 1_000_000} megapixels"
            ) from None
        except Exception:
            # PIL's errors are of many kinds; `read_photo` says what's wrong.
            return 0, 0

    def face(self, number=1):
        """A `Face` by its number; 1 is the largest."""
        return choose_face(self.faces, number, self.name)

    def crop(self, number=1):
        """`FaceCrop` of a face."""
        return FaceCrop.around(self.face(number).box, self.image.shape)

    def thumbnails(self, size=128):
        """uint8 RGB `[size, size, 3]` of each face, largest first."""
        numbers = range(1, len(self.faces) + 1)
        return [self.crop(number).cut(self.image, size) for number in numbers]


def fit_within(image, longest):
    """The image, reduced so that no side has more than `longest` pixels."""
    import cv2

    scale = longest / max(image.shape[:2])
    if scale >= 1:
        return image
    size = [max(round(edge * scale), 1) for edge in image.shape[1::-1]]
    return np.ascontiguousarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
