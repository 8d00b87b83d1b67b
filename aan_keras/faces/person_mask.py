"""Where the person is in a picture."""

import cv2
import numpy as np

_ROUNDS = 2
# Fractional bits of a corner of a polygon.
_SHIFT = 4


def _outline(rows):
    """A polygon from `(y, half width)`, from the top down."""
    y, half = np.array(rows).T
    right, left = np.stack([half, y], -1), np.stack([-half, y], -1)
    return np.concatenate([right, left[::-1]])


# In a face's own frame: the brows' middle is its origin, the chin is at (0, 1). Of 160
# photos, nine tenths show the person within the first, one half within the second, and
# one tenth within the third.
_SURE, _LIKELY, _POSSIBLE = map(
    _outline,
    (
        [
            *((-0.45, 0.3), (-0.3, 0.42), (0.5, 0.42), (0.85, 0.34), (1.05, 0.4)),
            *((1.26, 0.74), (1.5, 0.95), (1.7, 1.2), (4, 1.4)),
        ],
        [
            *((-0.8, 0.1), (-0.63, 0.44), (-0.44, 0.59), (-0.2, 0.66), (0.6, 0.68)),
            *((0.88, 0.84), (1.07, 1.15), (1.3, 1.36), (4, 1.5)),
        ],
        [
            *((-1.05, 0.3), (-0.82, 0.6), (-0.63, 0.95), (-0.3, 1.2), (0.8, 1.35)),
            *((1.0, 2.0), (4, 3.0)),
        ],
    ),
)


def person_mask(image, landmarks):
    """Finds hair, neck and body around a face whose landmarks are known.

    GrabCut (Rother, Kolmogorov and Blake, SIGGRAPH 2004), begun with where people
    usually are around such a face. It takes a background in the colours of the hair
    for hair; a network trained for it is better (see `animate_photos`).

    Args:
        image: uint8 `[h, w, 3]`, RGB.
        landmarks: `[68, 2]`, (x, y) in pixels of `image`.

    Returns:
        float32 `[h, w]`, 1 where the person is, and 0 elsewhere.
    """
    landmarks = np.asarray(landmarks, "float64")
    brows = landmarks[17:27].mean(0)
    down = landmarks[8] - brows
    axes = np.stack([[down[1], -down[0]], down])
    labels = np.full(image.shape[:2], cv2.GC_BGD, "uint8")
    for outline, label in (
        (_POSSIBLE, cv2.GC_PR_BGD),
        (_LIKELY, cv2.GC_PR_FGD),
        (_SURE, cv2.GC_FGD),
    ):
        corners = np.round((outline @ axes + brows) * 2**_SHIFT).astype("int32")
        cv2.fillPoly(labels, [corners], label, shift=_SHIFT)
    if _has_both(labels):
        models = np.zeros((2, 1, 65))
        pixels = np.ascontiguousarray(image[..., ::-1])
        # GrabCut groups colours from a random start: the same photo, the same mask.
        cv2.setRNGSeed(0)
        cv2.grabCut(pixels, labels, None, *models, _ROUNDS, mode=cv2.GC_INIT_WITH_MASK)
    return np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype("float32")


def _has_both(labels):
    person = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))
    return person.any() and not person.all()
