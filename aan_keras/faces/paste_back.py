"""A generated face crop, back in the photo that it was cut from."""

import numpy as np

from aan_keras.faces.photo_detail import (
    enlarge_flow,
    move_pixels,
    resize_image,
    widened,
    with_detail,
)

# Parts of the crop's side. Outwards from an edge: how far the photo is moved along.
_MARGIN = 0.15
# Inwards from an edge: where the mask rises from 0 to 1, and, with a flow, where the
# photo's moved pixels give way to the generated ones.
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
    moved the source, the photo itself is moved, in its full resolution, and around the
    crop by less and less, as hair and shoulders go on there. Further inside, generated
    pixels take the place of the moved ones, but for what is too fine for the generated
    image: see `with_detail`. Pixels of motion 0 are the photo's then.

    Args:
        photo: uint8 `[H, W, 3]`, RGB.
        crop: `FaceCrop` of the face in it.

    Attributes:
        mask: float32 `[H, W]`, the weight of the generated image without a flow.
        motion: float32 `[H, W]`, the weight of the flow.

    Example:

    >>> paste_back = PasteBack(photo, FaceCrop(310, 90, 420))
    >>> paste_back(image).shape  # uint8 [128, 128, 3] into a photo of full size
    (1080, 1920, 3)
    """

    def __init__(self, photo, crop):
        height, width = photo.shape[:2]
        x, y, side = int(crop.x), int(crop.y), int(crop.side)
        self._photo, self._side, self._corner = photo, side, (x, y)
        self._area, self._part = _overlap((y, x), side, (height, width))
        # Motion goes on around the crop, in a square of its own.
        self._margin = margin = round(_MARGIN * side)
        outer = side + 2 * margin
        rise = _rise(outer, True, True, (0.0, margin / outer))
        self._motion = rise[:, None] * rise
        self._outer_area, self._outer_part = _overlap(
            (y - margin, x - margin), outer, (height, width)
        )
        self.motion = np.zeros((height, width), "float32")
        self.motion[self._outer_area] = self._motion[self._outer_part]
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
            square = resize_image(image, self._side)
        else:
            moved, weights = self._move(flow), self._colour
            result[self._outer_area] = moved[self._outer_part]
            inner = slice(self._margin, self._margin + self._side)
            moved = moved[inner, inner]
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
        """The crop and its margin, `[N, N, 3]`, moved by the flow."""
        import cv2

        margin, (x, y) = self._margin, self._corner
        flow = enlarge_flow(flow, self._side)
        flow = cv2.copyMakeBorder(flow, *[margin] * 4, cv2.BORDER_REPLICATE)
        flow *= self._motion[..., None]
        return move_pixels(self._photo, flow, x - margin, y - margin)


def _overlap(corner, side, shape):
    """Slices of what a photo and a square in it have in common, counted in either."""
    area = tuple(
        slice(max(start, 0), min(start + side, length))
        for start, length in zip(corner, shape)
    )
    part = tuple(
        slice(span.start - start, span.stop - start)
        for span, start in zip(area, corner)
    )
    return area, part


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
