"""A generated face crop, back in the photo that it was cut from."""

import numpy as np

# Width of the blend inside the crop's edges, as a part of the crop's side.
_FEATHER = 0.15


class PasteBack:
    """Lays generated crops over the photo, without a visible seam.

    The crop is scaled to its size in the photo and weighed by a mask that rises
    smoothly from 0 at the crop's edge to 1 inside. An edge that lies on the photo's own
    border has no seam to hide, and keeps the full weight. Pixels of weight 0 are the
    photo's, bit for bit.

    Args:
        photo: uint8 `[H, W, 3]`, RGB.
        crop: `FaceCrop` of the face in it.

    Attributes:
        mask: float32 `[H, W]`, the weight of the generated image.

    Example:

    >>> paste_back = PasteBack(photo, FaceCrop(310, 90, 420))
    >>> paste_back(image).shape  # uint8 [128, 128, 3] into a photo of full size
    (1080, 1920, 3)
    """

    def __init__(self, photo, crop):
        height, width = photo.shape[:2]
        x, y, side = int(crop.x), int(crop.y), int(crop.side)
        self._photo, self._side = photo, side
        # The part of the crop that lies in the photo, counted in either.
        self._area = (
            slice(max(y, 0), min(y + side, height)),
            slice(max(x, 0), min(x + side, width)),
        )
        self._part = tuple(
            slice(span.start - corner, span.stop - corner)
            for span, corner in zip(self._area, (y, x))
        )
        rows = _rise(side, y > 0, y + side < height)
        columns = _rise(side, x > 0, x + side < width)
        weights = (rows[:, None] * columns)[self._part]
        self.mask = np.zeros((height, width), "float32")
        self.mask[self._area] = weights
        self._weights = weights[..., None]

    def __call__(self, image):
        """The photo with the generated `image` in it.

        Args:
            image: uint8 `[S, S, 3]`, of any S.

        Returns:
            uint8 `[H, W, 3]`, a new array.
        """
        import cv2

        method = cv2.INTER_AREA if self._side < len(image) else cv2.INTER_CUBIC
        square = cv2.resize(image, (self._side, self._side), interpolation=method)
        result = self._photo.copy()
        below = result[self._area].astype("float32")
        mixed = below + self._weights * (square[self._part] - below)
        result[self._area] = np.round(mixed)
        return result


def _rise(side, first, last):
    """Weights float32 `[side]` along a side of the crop; flags: rise at that end."""
    place = (np.arange(side) + 0.5) / (_FEATHER * side)
    weight = np.ones(side)
    for wanted, distance in ((first, place), (last, place[::-1])):
        if wanted:
            t = np.clip(distance, 0, 1)
            weight *= t * t * (3 - 2 * t)
    return weight.astype("float32")
