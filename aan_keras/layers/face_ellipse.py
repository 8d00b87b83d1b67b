"""Where a face is, as an ellipse about its landmarks."""

from keras import ops

_STEEPNESS = 6.0


def face_ellipse(landmarks, height, width, above=0.0):
    """1 within the ellipse in the landmarks' box, 0 around it.

    Args:
        landmarks: float32 `[B, n, 2]`, (x, y) in pixels, pixel centres at integers.
        height, width: of the mask in pixels.
        above: what is added to the box at the top, as a share of its height: landmarks
            end at the brows.

    Returns:
        float32 `[B, height, width, 1]`.
    """
    low, high = ops.min(landmarks, axis=1), ops.max(landmarks, axis=1)
    if above:
        forehead = above * (high - low)[:, 1]
        low = low - ops.stack([ops.zeros_like(forehead), forehead], axis=-1)
    return ops.cast(_squared_distance(low, high, height, width) <= 1.0, "float32")


def soft_face_ellipse(landmarks, size, reach=1.0):
    """As `face_ellipse`, but ending softly: 1 / 2 on the ellipse itself.

    Args:
        landmarks: float32 `[B, n, 2]`, (x, y) in pixels, pixel centres at integers.
        size: side of the mask in pixels.
        reach: the ellipse is so many times as large.

    Returns:
        float32 `[B, size, size, 1]`.
    """
    low, high = ops.min(landmarks, axis=1), ops.max(landmarks, axis=1)
    distance = _squared_distance(low, high, size, size) / reach**2
    return ops.sigmoid(_STEEPNESS * (1.0 - distance))


def _squared_distance(low, high, height, width):
    """`[B, height, width, 1]` from a box's middle; 1 on the ellipse in the box."""
    centre = ((low + high) / 2)[:, None, None]
    radius = ops.maximum((high - low) / 2, 1.0)[:, None, None]
    x, y = (ops.cast(ops.arange(n), "float32") for n in (width, height))
    grid = ops.stack(ops.meshgrid(x, y), axis=-1)[None]
    return ops.sum(((grid - centre) / radius) ** 2, axis=-1, keepdims=True)
