"""How much, and where, a mouth has changed its shape."""

import numpy as np
from keras import ops

from aan_keras.layers.sampling import pixel_axes
from aan_keras.layers.similarity import apply_similarity, fit_similarity
from aan_keras.layers.take_known import take_known

_MOUTH, _OUTER_LIPS = slice(48, 68), slice(48, 60)
_UPPER_LIP, _LOWER_LIP = (61, 62, 63), (67, 66, 65)
# Of the mouth's size: lips that have moved so far against each other have changed.
_CHANGE = 0.03
# The window ends at so many times the outer lips, and as steeply.
_REACH, _STEEPNESS = 1.6, 4.0


def lip_change(source_landmarks, driving_landmarks):
    """How far the lips have moved, but for a move of the mouth as a whole.

    Mean distance of the driving lips from the source's under the similarity transform
    that brings them closest, as a share of twice the root mean square radius.

    Args:
        source_landmarks, driving_landmarks: float32 `[B, 68, 2]`.

    Returns:
        float32 `[B]`.
    """
    source, driving = (
        ops.cast(landmarks, "float32")[:, _MOUTH]
        for landmarks in (source_landmarks, driving_landmarks)
    )
    transform = fit_similarity(source, driving)
    moved = apply_similarity(transform, source[..., 0], source[..., 1])
    gap = ops.stack(moved, axis=-1) - driving
    distance = ops.mean(ops.sqrt(ops.sum(gap * gap, axis=-1) + 1e-9), axis=-1)
    spread = driving - ops.mean(driving, axis=1, keepdims=True)
    radius = ops.sqrt(ops.mean(ops.sum(spread * spread, axis=-1), axis=-1) + 1e-6)
    return distance / (2.0 * radius)


def lip_opening(landmarks):
    """How far apart the lips are.

    Mean distance of the inner lips' three pairs, as a share of the face's size: the
    root of the squared distance of the eyes' outer corners and the squared length of
    the nose. One shrinks when a head turns, the other when it nods.

    Args:
        landmarks: float32 `[B, 68, 2]`.

    Returns:
        float32 `[B]`.
    """
    landmarks = ops.cast(landmarks, "float32")
    first = take_known(landmarks, (*_UPPER_LIP, 36, 27), axis=1)
    second = take_known(landmarks, (*_LOWER_LIP, 45, 33), axis=1)
    gap = first - second
    squared = ops.sum(gap * gap, axis=-1) + 1e-6
    size = ops.sqrt(squared[:, 3] + squared[:, 4])
    return ops.mean(ops.sqrt(squared[:, :3]), axis=-1) / size


def lip_window(landmarks, size):
    """A soft ellipse about a mouth.

    The ellipse of the outer lips' second moments, at least a quarter as high as wide.

    Args:
        landmarks: float32 `[B, 68, 2]`, (x, y) in pixels of the window.
        size: side of the window.

    Returns:
        float32 `[B, size, size, 1]` from 0 to 1.
    """
    lips = ops.cast(landmarks, "float32")[:, _OUTER_LIPS]
    centre = ops.mean(lips, axis=1)
    dx, dy = ops.unstack(lips - centre[:, None], axis=-1)
    xx, xy, yy = (ops.mean(p, axis=-1) for p in (dx * dx, dx * dy, dy * dy))
    least = 0.06 * (xx + yy) + 1e-3
    # Points spread evenly over an outline have half its squared radii as moments.
    unit = 2.0 * _REACH**2
    xx, xy, yy = (unit * m for m in (xx + least, xy, yy + least))
    determinant = xx * yy - xy * xy
    xx, xy, yy = ((m / determinant)[:, None, None] for m in (xx, xy, yy))
    x, y = pixel_axes(size, size)
    x, y = x - centre[:, 0, None, None], y - centre[:, 1, None, None]
    squared = yy * x * x - 2.0 * xy * x * y + xx * y * y
    return ops.sigmoid(_STEEPNESS * (1.0 - squared))[..., None]


def changed_lips(source_landmarks, driving_landmarks, size):
    """Where what is known of the source's lips does not hold any more.

    Args:
        source_landmarks, driving_landmarks: float32 `[B, 68, 2]`, (x, y) in pixels of
            the result.
        size: side of the result.

    Returns:
        float32 `[B, size, size, 1]` from 0, everywhere where the mouth has kept its
        shape, to 1.
    """
    change = lip_change(source_landmarks, driving_landmarks) / np.float32(_CHANGE)
    share = 1.0 - ops.exp(-change * change)
    return share[:, None, None, None] * lip_window(driving_landmarks, size)
