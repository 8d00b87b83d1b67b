"""Frames of any size, from those of a model and a photo."""

import numpy as np

from aan_keras.faces.photo_detail import (
    enlarge_flow,
    move_pixels,
    resize_image,
    widened,
    with_detail,
)

# How far around the crop the photo is looked at, in parts of the crop's side, and how
# far outside all of a pixel is the photo's.
_MARGIN, _OUTSIDE = 0.3, 1 / 64


class LargeCrop:
    """Enlarges generated crops, with the photo's own detail in them.

    What a model moves into its image from outside of the crop repeats the crop's border
    there: hair that the crop cuts is drawn out. Here it is the photo's, which goes on,
    and where that ends, its own border. In the size of the model's image nothing else
    changes.

    Args:
        photo: uint8 `[H, W, 3]`, RGB.
        crop: `FaceCrop` of the face in it that was animated.
        size: side of the result in pixels.

    Example:

    >>> large = LargeCrop(photo, crop, 512)
    >>> large(image, flow, filled).shape  # of uint8 [128, 128, 3]
    (512, 512, 3)
    """

    def __init__(self, photo, crop, size):
        self._size, self._margin = size, round(_MARGIN * size)
        self._around, self._known = _around(photo, crop, size, self._margin)

    @staticmethod
    def is_needed(photo, crop, size, model_size):
        """False where a model's frames stay as they are.

        Those are in its own size, of a crop that is the whole photo.
        """
        return size != model_size or crop.side < max(photo.shape[:2])

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
            uint8 `[size, size, 3]`.
        """
        if flow is None:
            return resize_image(image, self._size)
        large_flow = enlarge_flow(flow, self._size)
        share = self._outside(large_flow, filled)
        if share is None and self._size <= len(image):
            return resize_image(image, self._size)
        moved = self._move(self._around, large_flow)
        near = None if filled is None else widened(filled)
        large = with_detail(image, moved, flow, near)
        if share is not None:
            large += share[..., None] * (moved - large)
        return np.clip(np.round(large), 0, 255).astype("uint8")

    def _move(self, pixels, flow):
        return move_pixels(pixels, flow, self._margin, self._margin)

    def _outside(self, flow, filled):
        """float32 `[size, size]`: how much comes from outside of the crop; or None."""
        import cv2

        axis, last = np.arange(self._size, dtype="float32"), self._size - 1
        x, y = flow[..., 0] + axis, flow[..., 1] + axis[:, None]
        beyond = np.maximum(abs(x - last / 2), abs(y - last / 2)) - last / 2
        if beyond.max() <= 0:
            return None
        share = np.clip(beyond / (_OUTSIDE * self._size), 0, 1)
        # Cubic interpolation swings over.
        share *= np.clip(self._move(self._known, flow), 0, 1)
        if filled is not None:
            share *= 1 - cv2.resize(filled, (self._size, self._size))
        return share


def _around(photo, crop, size, margin):
    """The crop in its size with a margin, and float32, where the photo knows more."""
    import cv2

    scale = np.float32(crop.side / size)
    axis = (np.arange(size + 2 * margin, dtype="float32") - margin + 0.5) * scale - 0.5
    x, y = (np.float32(start) + axis for start in (crop.x, crop.y))
    height, width = photo.shape[:2]
    left, top = (max(int(places[0]) - 2, 0) for places in (x, y))
    near = photo[top : int(y[-1]) + 3, left : int(x[-1]) + 3]
    if scale > 1:
        near = cv2.GaussianBlur(near, (0, 0), 0.4 * float(scale))
    around = cv2.remap(
        near,
        *np.meshgrid(x - left, y - top),
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    # As the model's image was, to the pixel.
    inner = slice(margin, margin + size)
    around[inner, inner] = crop.cut(photo, size)
    columns = _goes_on(x, crop.x, crop.side, width)
    rows = _goes_on(y, crop.y, crop.side, height)
    return around, (rows[:, None] & columns).astype("float32")


def _goes_on(places, start, side, length):
    """Bools, of places along a side of a photo: False beyond a border that is also the
    border of the crop from `start` on."""
    goes_on = (places >= -0.5) | (start > 0)
    return goes_on & ((places <= length - 0.5) | (start + side < length))
