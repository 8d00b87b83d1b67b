"""Mirroring of the 68 iBUG landmarks."""

import numpy as np


def _mirror_permutation():
    pairs = [(i, 16 - i) for i in range(8)]  # jaw
    pairs += [(17 + i, 26 - i) for i in range(5)]  # brows
    pairs += [(31, 35), (32, 34)]  # nostrils
    pairs += [(36, 45), (37, 44), (38, 43), (39, 42), (40, 47), (41, 46)]  # eyes
    pairs += [(48, 54), (49, 53), (50, 52), (55, 59), (56, 58)]  # outer lips
    pairs += [(60, 64), (61, 63), (65, 67)]  # inner lips
    permutation = np.arange(68)
    for left, right in pairs:
        permutation[left], permutation[right] = right, left
    return permutation


MIRROR_PERMUTATION = _mirror_permutation()
"""int `[68]`: landmark i of the mirrored face is landmark `MIRROR_PERMUTATION[i]`."""


def mirror_landmarks(landmarks, size):
    """Returns the landmarks of the horizontally flipped image.

    Args:
        landmarks: array `[..., 68, 2]`, (x, y) in pixels, pixel centres at integers.
        size: width of the image in pixels.

    Returns:
        Array of the same shape. Left and right points have swapped their places,
        so that point 36 is still the corner of the eye at the left of the picture.
    """
    mirrored = np.array(landmarks)[..., MIRROR_PERMUTATION, :]
    mirrored[..., 0] = size - 1 - mirrored[..., 0]
    return mirrored
