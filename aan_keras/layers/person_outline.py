"""Where a person usually is around their face."""

import numpy as np
from keras import ops

from aan_keras.layers.head_ellipsoid import head_pose, head_surface
from aan_keras.layers.sampling import pixel_axes

# In a face's own frame: the ellipse that hair usually ends in, and the shoulders, which
# widen on the way down.
_HEAD_CENTRE, _HEAD_RADII = 0.05, (1.05, 1.1)
_SHOULDERS, _SHOULDER_SLOPE, _BODY_TOP, _BODY_SOFTNESS = 1.1, 0.4, 0.7, 0.5
# Of a neck without shoulders, for where the person's mask knows them.
_NECK, _NECK_SLOPE = 0.55, 0.2
_STEEPNESS, _MOST = 10.0, 8.0
# Of a turned head: its ellipsoid is so many times as large, as ears and hair are around
# it, and its outline is sharper, as the ghost of an ear is seen at a tenth.
_MARGIN, _TURNED_STEEPNESS = 1.05, 25.0


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


def background_odds(across, along):
    """Logarithmic odds that a place shows background, by `face_coordinates` alone.

    Args:
        across, along: `[B, h, w, 1]`, of `face_coordinates`.

    Returns:
        `[B, h, w, 1]`.
    """
    radius = (across / _HEAD_RADII[0]) ** 2
    radius = radius + ((along - _HEAD_CENTRE) / _HEAD_RADII[1]) ** 2
    head = ops.sqrt(radius + 1e-6) - 1.0
    return _odds(head, _beside_body(across, along), _STEEPNESS)


def turned_background_odds(landmarks, size):
    """`background_odds` of a head in its pose, without most of its hair.

    A face that turns is not in the middle of its head any more: around the ellipsoid of
    `EllipsoidFlow` less is taken for the person than by `face_coordinates`, and where
    an ear was can become background.

    Args:
        landmarks: float32 `[B, 68, 2]`, (x, y) in pixels of the result.
        size: side of the result.

    Returns:
        Two of `[B, size, size, 1]`: of somebody with shoulders as usual, and of a head
        and a neck alone.
    """
    x, y = pixel_axes(size, size)
    _, _, inside = head_surface(head_pose(landmarks), x, y)
    # 1 on the ellipsoid's outline.
    distance = ops.sqrt(ops.maximum(1.0 - inside, 1e-6))[..., None]
    face = face_coordinates(landmarks, size)
    bodies = _beside_body(*face), _beside_body(*face, _NECK, _NECK_SLOPE)
    return [_odds(distance - _MARGIN, body, _TURNED_STEEPNESS) for body in bodies]


def _beside_body(across, along, half_width=_SHOULDERS, slope=_SHOULDER_SLOPE):
    """Negative within neck and shoulders: `[B, h, w, 1]`."""
    half = half_width + slope * ops.maximum(along, 0.0)
    return ops.maximum(across / half - 1.0, (_BODY_TOP - along) / _BODY_SOFTNESS)


def _odds(head, body, steepness):
    return ops.clip(steepness * ops.minimum(head, body), -_MOST, _MOST)


def above_chin(along):
    """1 above the chin, 0 below: `[B, h, w, 1]`, as `along` of `face_coordinates`."""
    return ops.sigmoid(_STEEPNESS * (1.0 - along))
