"""A person before a background that is not theirs."""

import cv2
import numpy as np

# Shares of what is drawn: backgrounds out of focus, and of one colour.
_BLURRED, _PLAIN = 0.6, 0.15
_BLUR = 0.5, 5.0
_LIGHT = 0.5, 1.4
# The picture that becomes a background is enlarged by up to so much.
_ENLARGED = 2.2
# Of the mask: what is less is background, what is more person.
_FROM, _TO = 0.15, 0.85


def before_another(image, mask, other, generator):
    """Puts a person before another picture, turned, cut, blurred and lit anew.

    Hair before a wall is told from it by its colour, which says nothing before a
    curtain. Whoever is in the other picture becomes background too: a face without
    its landmarks is nobody's.

    Args:
        image: uint8 `[S, S, 3]`.
        mask: uint8 `[S, S]`, 255 where the person is.
        other: uint8 `[S, S, 3]`, any picture.
        generator: `numpy.random.Generator`.

    Returns:
        uint8 `[S, S, 3]`.
    """
    size = image.shape[0]
    other = np.rot90(other, generator.integers(4))
    if generator.random() < 0.5:
        other = other[::-1]
    large = round(size * generator.uniform(1, _ENLARGED))
    other = cv2.resize(np.ascontiguousarray(other), (large, large))
    x, y = generator.integers(large - size + 1, size=2)
    other = other[y : y + size, x : x + size]
    chance = generator.random()
    if chance < _BLURRED:
        deviation = generator.uniform(*_BLUR) * size / 128
        other = cv2.GaussianBlur(other, (0, 0), deviation)
    elif chance < _BLURRED + _PLAIN:
        other = np.broadcast_to(other.mean((0, 1)), other.shape)
    other = np.clip(other * generator.uniform(*_LIGHT), 0, 255)
    share = np.clip((mask / 255.0 - _FROM) / (_TO - _FROM), 0, 1)[..., None]
    return np.round(share * image + (1 - share) * other).astype("uint8")
