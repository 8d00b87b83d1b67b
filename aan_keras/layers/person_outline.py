"""Where a person usually is around their face."""

import numpy as np
from keras import ops

# In a face's own frame: the ellipse that hair usually ends in, and the shoulders, which
# widen on the way down.
_HEAD_CENTRE, _HEAD_RADII = 0.05, (1.05, 1.1)
_SHOULDERS, _SHOULDER_SLOPE, _BODY_TOP, _BODY_SOFTNESS = 1.1, 0.4, 0.7, 0.5
_STEEPNESS, _MOST = 10.0, 8.0


def face_coordinates(landmarks, size):
    """Each pixel in a face's own frame, its unit the distance from brows to chin.

    Args:
        landmarks: float32 `[B, 68, 2]`, (x, y) in pixels of the result.
        size: side of the result.

    Returns:
        across, along: float32 `[B, size, size, 1]`, the distance from the line through
        the brows' middle and the chin, and the way down that line from the brows.
    """
    brows = ops.mean(landmarks[:, 17:27], axis=1)
    down = landmarks[:, 8] - brows
    x, y = (brows[:, i, None, None] for i in (0, 1))
    dx, dy = (down[:, i, None, None] for i in (0, 1))
    squared = ops.maximum(dx * dx + dy * dy, 1.0)
    axis = np.arange(size, dtype="float32")
    columns, rows = map(
        ops.convert_to_tensor, (axis[None, None, :], axis[None, :, None])
    )
    columns, rows = columns - x, rows - y
    across = ops.absolute(columns * dy - rows * dx) / squared
    along = (columns * dx + rows * dy) / squared
    return across[..., None], along[..., None]


def background_odds(across, along, tightness=1.0):
    """Logarithmic odds that a place shows background, by `face_coordinates` alone.

    Args:
        across, along: `[B, h, w, 1]`, of `face_coordinates`.
        tightness: the head's outline is so many times as small.

    Returns:
        `[B, h, w, 1]`.
    """
    radius = (across / _HEAD_RADII[0]) ** 2
    radius = radius + ((along - _HEAD_CENTRE) / _HEAD_RADII[1]) ** 2
    radius = radius * tightness**2
    head = ops.sqrt(radius + 1e-6) - 1.0
    half = _SHOULDERS + _SHOULDER_SLOPE * ops.maximum(along, 0.0)
    body = ops.maximum(across / half - 1.0, (_BODY_TOP - along) / _BODY_SOFTNESS)
    return ops.clip(_STEEPNESS * ops.minimum(head, body), -_MOST, _MOST)


def above_chin(along):
    """1 above the chin, 0 below: `[B, h, w, 1]`, as `along` of `face_coordinates`."""
    return ops.sigmoid(_STEEPNESS * (1.0 - along))
