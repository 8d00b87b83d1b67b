"""Frames of a photo's own resolution, from those of a model."""

import numpy as np

from aan_keras.faces.photo_detail import (
    enlarge_flow,
    move_pixels,
    resize_image,
    widened,
    with_detail,
)


class LargeCrop:
    """Enlarges generated crops, with the photo's own detail in them.

    Args:
        square: uint8 `[N, N, 3]`, RGB: the crop that was animated, in the wanted size.

    Example:

    >>> large = LargeCrop(crop.cut(photo, 512))
    >>> large(image, flow, filled).shape  # of uint8 [128, 128, 3]
    (512, 512, 3)
    """

    def __init__(self, square):
        self._square = square

    def __call__(self, image, flow=None, filled=None):
        """A generated image in the size of the crop.

        Args:
            image: uint8 `[S, S, 3]`, of any S.
            flow: float32 `[h, w, 2]`, from where in the source the image's pixels
                come, in pixels of its own grid (`Reenactor.drive_with_flow`). None:
                no detail.
            filled: float32 `[h', w']` from 0 to 1, where the image shows what is behind
                the person (`Reenactor.drive_with_fill`). None: nowhere.

        Returns:
            uint8 `[N, N, 3]`.
        """
        side = len(self._square)
        if flow is None:
            return resize_image(image, side)
        moved = move_pixels(self._square, enlarge_flow(flow, side), 0, 0)
        filled = None if filled is None else widened(filled)
        large = with_detail(image, moved, flow, filled)
        return np.clip(np.round(large), 0, 255).astype("uint8")
