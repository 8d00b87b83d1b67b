"""A picture in which the person is somewhere else."""

import cv2
import numpy as np

# Of an angle and of the logarithm of a scale: deviation and bound.
_ANGLE = 8.0, 20.0
_SCALE = 0.06, 0.12
# Shares of the picture's side, across and down.
_SHIFT = np.array([0.2, 0.14])
_TRIES = 30
# Beside the face, in widths of it: whoever is farther away is another person.
_REACH, _FADE = 1.25, 0.2
# Below the chin, in heights of the face: from where the body stays behind, and how far
# down it takes until all of it does.
_NECK, _STRETCH = 0.05, 0.7


class PersonMover:
    """Cuts a person out of a picture, and puts them elsewhere in it.

    What was behind them is filled in from around (Telea, "An Image Inpainting
    Technique Based on the Fast Marching Method", 2004). The head is turned, scaled and
    shifted in the picture's plane, hair and all; the body goes with it as far as
    chance wants.

    Args:
        image: uint8 `[S, S, 3]`, RGB.
        landmarks: `[68, 2]`, (x, y) in pixels of `image`.
        mask: `[S, S]` from 0 to 1, where people are, such as `person_mask`'s.

    Example:

    >>> move = PersonMover(image, landmarks, person_mask(image, landmarks))
    >>> image, landmarks = move(np.random.default_rng(0))
    """

    def __init__(self, image, landmarks, mask):
        self._landmarks = np.asarray(landmarks, "float64")
        size = image.shape[0]
        mask = np.asarray(mask, "float32") * _near(self._landmarks, size)
        hole = cv2.dilate((mask > 0.08).astype("uint8"), np.ones((5, 5)))
        self._background = None
        if not hole.all():
            self._background = cv2.inpaint(image, hole, 3, cv2.INPAINT_TELEA)
        # Hair that the picture cuts off is not brought down.
        self._cut_off = np.count_nonzero(mask[0] > 0.3) > 0.03 * size
        # A body goes on below the picture; nobody stands on their own head.
        below = cv2.BORDER_REFLECT_101
        self._image = cv2.copyMakeBorder(image, 0, size // 2, 0, 0, below)
        self._mask = cv2.copyMakeBorder(mask, 0, size // 2, 0, 0, below)
        self._mask = np.pad(self._mask, ((1, 0), (0, 0)))

    def __call__(self, generator):
        """Draws a place for the person.

        Args:
            generator: `numpy.random.Generator`.

        Returns:
            uint8 `[S, S, 3]` and float32 `[68, 2]`, or None where the picture has no
            room: its background can't be seen, or the face would leave it.
        """
        if self._background is None:
            return None
        size = len(self._background)
        for _ in range(_TRIES):
            turn, shift = _draw(generator, size)
            if self._cut_off:
                shift[1] = -abs(shift[1])
            centre = self._landmarks.mean(0)
            landmarks = (self._landmarks - centre) @ turn.T + centre + shift
            if landmarks.min() > -1 and landmarks.max() < size + 1:
                break
        else:
            return None
        place = np.stack(np.meshgrid(*2 * [np.arange(size, dtype="float64")]), -1)
        origin = (place - centre - shift) @ np.linalg.inv(turn).T + centre
        share = _share(landmarks, size, generator.random())
        origin = (place + share[:, None, None] * (origin - place)).astype("float32")
        person = cv2.remap(
            self._image, origin, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        origin[..., 1] += 1
        mask = cv2.remap(
            self._mask, origin, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )[..., None]
        moved = mask * person + (1 - mask) * self._background
        return moved.round().astype("uint8"), landmarks.astype("float32")


def _near(landmarks, size):
    """`[S, S]`: 0 beside the face, where others may stand; a body may be wide."""
    x, width = landmarks[:, 0], np.ptp(landmarks[:, 0])
    away = np.abs(np.arange(size) - x.mean()) / width
    beside = np.clip((_REACH - away) / _FADE, 0, 1)
    below = np.clip((np.arange(size) - landmarks[8, 1]) / (2 * _FADE * width), 0, 1)
    return np.maximum(beside, below[:, None]).astype("float32")


def _draw(generator, size):
    """A rotation with scale, and a shift in pixels."""
    angle = np.radians(np.clip(generator.normal(0, _ANGLE[0]), -_ANGLE[1], _ANGLE[1]))
    scale = np.exp(np.clip(generator.normal(0, _SCALE[0]), -_SCALE[1], _SCALE[1]))
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    radius, direction = np.sqrt(generator.random()), 2 * np.pi * generator.random()
    shift = radius * _SHIFT * size * (np.cos(direction), np.sin(direction))
    return np.array([[cosine, -sine], [sine, cosine]]), shift


def _share(landmarks, size, body):
    """`[S]`, by row: how much of the head's motion there is, down to `body`."""
    height = np.ptp(landmarks[:, 1])
    depth = (np.arange(size) - landmarks[8, 1]) / height - _NECK
    return 1 - (1 - body) * np.clip(depth / _STRETCH, 0, 1)
