"""A generated face crop, back in the photo that it was cut from."""

import numpy as np

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
    inside, where its pixels lie as the generated ones do, do these take their place.

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

        method = cv2.INTER_AREA if self._side < len(image) else cv2.INTER_CUBIC
        square = cv2.resize(image, (self._side, self._side), interpolation=method)
        result = self._photo.copy()
        if flow is None:
            below, weights = result[self._area], self._weights
        else:
            below, weights = self._move(flow), self._colour
            if filled is not None:
                share = cv2.resize(_widened(filled), (self._side, self._side))
                share = share[self._part][..., None]
                weights = weights + share * (self._filled - weights)
        below = below.astype("float32")
        mixed = below + weights * (square[self._part] - below)
        result[self._area] = np.round(mixed)
        return result

    def _move(self, flow):
        """The crop's part of the photo, moved by the flow as far as the mask allows."""
        import cv2

        scale = np.float32([self._side / flow.shape[1], self._side / flow.shape[0]])
        flow = cv2.resize(np.asarray(flow, "float32"), (self._side, self._side)) * scale
        flow = flow[self._part] * self._weights
        rows, columns = self._area
        y, x = np.mgrid[rows, columns].astype("float32")
        return cv2.remap(
            self._photo,
            x + flow[..., 0],
            y + flow[..., 1],
            cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        )


def _widened(filled):
    """`[h, w]`, wider by a tenth of its side and blurred, from 0 to 1."""
    import cv2

    side = len(filled)
    width = 2 * (side // 10) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    return cv2.GaussianBlur(cv2.dilate(filled, disc), (0, 0), max(side / 40, 0.3))


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
