"""The square that is cut around a face."""

import dataclasses

import numpy as np

MARGIN = 2.1


@dataclasses.dataclass(frozen=True)
class FaceCrop:
    """A square around a face: side 2.1 x the face box, same centre.

    The rule of the training data: the side is `int(2.1 * box width)` and no longer than
    the image's shorter side; the square is then shifted into the image, so that no
    pixel has to be invented and a face near the border is off-centre in its crop. The
    box is a HOG detector's, or `box_around` the landmarks, which has the same size and
    place but not the detector's steps of 20 %. A photo has its own crop; a clip has
    one crop, from the median box of its frames, so that a moving head moves.

    Args:
        x: left edge: index of the first column.
        y: top edge: index of the first row.
        side: width and height in pixels.

    Example:

    >>> crop = FaceCrop.around((100, 80, 200, 180), image_shape=(480, 640))
    >>> crop
    FaceCrop(x=46, y=26, side=210)
    >>> crop.cut(photo, 128).shape
    (128, 128, 3)
    """

    x: float
    y: float
    side: float

    @classmethod
    def around(cls, box, image_shape=None, margin=MARGIN):
        """The crop of a detection box.

        Args:
            box: (left, top, right, bottom) in pixels.
            image_shape: `(height, width, ...)` to stay inside, or None.
            margin: side of the crop over width of the box.
        """
        left, top, right, bottom = (float(edge) for edge in box)
        side = max(int(margin * (right - left)), 1)
        if image_shape is not None:
            side = min(side, image_shape[0], image_shape[1])
        # Pixel centres are at integers: the box's middle is half a pixel further on
        # when it is counted from the pixels' edges.
        x = round((left + right + 1 - side) / 2)
        y = round((top + bottom + 1 - side) / 2)
        if image_shape is not None:
            x = min(max(x, 0), image_shape[1] - side)
            y = min(max(y, 0), image_shape[0] - side)
        return cls(x, y, side)

    def to_crop(self, points, size):
        """Points in pixels of the image, to pixels of the `size` x `size` crop."""
        corner = np.array([self.x, self.y], "float64")
        points = (np.asarray(points, "float64") - corner + 0.5) * (size / self.side)
        return (points - 0.5).astype("float32")

    def to_image(self, points, size):
        """The inverse of `to_crop`."""
        corner = np.array([self.x, self.y], "float64")
        points = (np.asarray(points, "float64") + 0.5) * (self.side / size)
        return (points - 0.5 + corner).astype("float32")

    def cut(self, image, size):
        """The crop's pixels, resized to `size` x `size`.

        Args:
            image: uint8 `[H, W, 3]`.
            size: side of the result in pixels.

        Returns:
            uint8 `[size, size, 3]`. What lies outside the image repeats its border.
        """
        import cv2

        height, width = image.shape[:2]
        x, y, side = int(self.x), int(self.y), int(self.side)
        if 0 <= x <= width - side and 0 <= y <= height - side:
            square = image[y : y + side, x : x + side]
        else:
            columns = np.clip(np.arange(x, x + side), 0, width - 1)
            rows = np.clip(np.arange(y, y + side), 0, height - 1)
            square = image[rows[:, None], columns]
        method = cv2.INTER_AREA if size < side else cv2.INTER_CUBIC
        return cv2.resize(square, (size, size), interpolation=method)
