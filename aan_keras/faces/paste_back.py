"""A generated face crop, back in the photo that it was cut from."""

import numpy as np

from aan_keras.faces.photo_detail import (
    enlarge_flow,
    move_pixels,
    widened,
    with_detail,
)

# Parts of the crop's side, inwards from an edge: where the mask rises from 0 to 1, and,
# with a flow, where the photo's moved pixels give way to the generated ones.
_MASK = (0.0, 0.15)
_COLOUR = (0.08, 0.25)
# Where the generated image shows the background behind a head that has left.
_FILLED = (0.0, 0.02)


class PasteBack:
    """Lays generated crops over the photo, without a visible seam.

    The crop is scaled to its size in the photo and weighed by a mask that rises
    smoothly from 0 at the crop's edge to 1 inside. An edge that lies on the photo's own
    border has no seam to hide, and keeps the full weight. Pixels of weight 0 are the
    photo's, bit for bit.

    Where a head has moved, a mixture of both shows its hair twice. With the flow that
    moved the source, the mask weighs the motion instead: towards the crop's edge the
    photo itself is moved, in its full resolution, by less and less, and only further
    inside, where its pixels lie as the generated ones do, do these take their place,
    but for what is too fine for the generated image: see `with_detail`.

    Args:
        photo: uint8 `[H, W, 3]`, RGB.
        crop: `FaceCrop` of the face in it.

    Attributes:
        mask: float32 `[H, W]`, the weight of the generated image, or of its motion.

    Example:

    >>> paste_back = PasteBack(photo, FaceCrop(310, 90, 420))
    >>> paste_back(image).shape  # uint8 [128, 128, 3] into a photo of full size
    (1080, 1920, 3)
    """

    def __init__(self, photo, crop):
        height, width = photo.shape[:2]
        x, y, side = int(crop.x), int(crop.y), int(crop.side)
        self._photo, self._side, self._corner = photo, side, (x, y)
        # The part of the crop that lies in the photo, counted in either.
        self._area = (
            slice(max(y, 0), min(y + side, height)),
            slice(max(x, 0), min(x + side, width)),
        )
        self._part = tuple(
            slice(span.start - corner, span.stop - corner)
            for span, corner in zip(self._area, (y, x))
        )
        inside = (y > 0, y + side < height, x > 0, x + side < width)
        self._weights = _weights(side, inside, _MASK)[self._part][..., None]
        self._colour = _weights(side, inside, _COLOUR)[self._part][..., None]
        self._filled = _weights(side, inside, _FILLED)[self._part][..., None]
        self.mask = np.zeros((height, width), "float32")
        self.mask[self._area] = self._weights[..., 0]

    def __call__(self, image, flow=None, filled=None):
        """The photo with the generated `image` in it.

        Args:
            image: uint8 `[S, S, 3]`, of any S.
            flow: float32 `[h, w, 2]`, from where in the source the image's pixels
                come, in pixels of its own grid (`Reenactor.drive_with_flow`). None:
                mix the colours only.
            filled: float32 `[h, w]` from 0 to 1, with `flow`: where the image shows
                what is behind the person (`Reenactor.drive_with_fill`). The flow would
                draw the head's hair there, so in it and around it the generated pixels
                count up to the crop's edge. None: nowhere.

        Returns:
            uint8 `[H, W, 3]`, a new array.
        """
        import cv2

        result = self._photo.copy()
        if flow is None:
            below, weights = result[self._area], self._weights
            method = cv2.INTER_AREA if self._side < len(image) else cv2.INTER_CUBIC
            square = cv2.resize(image, (self._side, self._side), interpolation=method)
        else:
            moved, weights = self._move(flow), self._colour
            if filled is not None:
                filled = widened(filled)
                share = cv2.resize(filled, (self._side, self._side))
                share = share[self._part][..., None]
                weights = weights + share * (self._filled - weights)
            below, square = moved[self._part], with_detail(image, moved, flow, filled)
        below = below.astype("float32")
        # In place: fresh megabytes cost more than what is done with them.
        mixed = square[self._part].astype("float32")
        mixed -= below
        mixed *= weights
        mixed += below
        np.clip(np.rint(mixed, out=mixed), 0, 255, out=mixed)
        result[self._area] = mixed
        return result

    def _move(self, flow):
        """The crop, `[side, side, 3]`, moved by the flow as far as the mask allows."""
        flow = enlarge_flow(flow, self._side)
        # Outside the photo there is nothing to be moved.
        flow[self._part] *= self._weights
        return move_pixels(self._photo, flow, *self._corner)


def _weights(side, inside, band):
    """Weights float32 `[side, side]` that rise in a band along the crop's edges.

    Args:
        side: of the crop, in pixels.
        inside: bools: top, bottom, left and right edge lie inside the photo.
        band: where they rise from 0 to 1, in parts of the side from the edge.
    """
    rows = _rise(side, *inside[:2], band)
    return rows[:, None] * _rise(side, *inside[2:], band)


def _rise(side, first, last, band):
    """Weights float32 `[side]` along a side of the crop; flags: rise at that end."""
    begin, end = band
    place = ((np.arange(side) + 0.5) / side - begin) / (end - begin)
    weight = np.ones(side)
    for wanted, distance in ((first, place), (last, place[::-1])):
        if wanted:
            t = np.clip(distance, 0, 1)
            weight *= t * t * (3 - 2 * t)
    return weight.astype("float32")
