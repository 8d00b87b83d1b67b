"""A head as an ellipsoid, seen in weak perspective.

Axes are those of images: x to the right, y down, z away from the camera.
"""

import numpy as np
from keras import ops

from aan_keras.layers.similarity_flow import HEAD_LANDMARKS
from aan_keras.layers.take_known import take_known
from aan_keras.layers.weak_perspective import fit_weak_perspective

# Of `HEAD_LANDMARKS`, in millimetres from the middle between the outer corners of the
# eyes. A part of `aan_keras.faces.face_model`, where it is said what they were
# estimated from.
HEAD_SHAPE = (
    (-75.8, 1.2, 52.9),
    (-75.0, 21.1, 48.7),
    (-72.8, 41.0, 45.9),
    (72.8, 41.0, 45.9),
    (75.0, 21.1, 48.7),
    (75.8, 1.2, 52.9),
    (0.0, -2.4, -24.5),
    (0.0, 10.2, -32.8),
    (0.0, 22.8, -41.6),
    (0.0, 35.9, -50.1),
    (-14.8, 44.8, -28.2),
    (-7.7, 47.5, -32.6),
    (0.0, 49.8, -35.4),
    (7.7, 47.5, -32.6),
    (14.8, 44.8, -28.2),
    (-45.0, 0.0, 0.0),
    (-19.6, 1.3, -6.0),
    (19.6, 1.3, -6.0),
    (45.0, 0.0, 0.0),
)

# In millimetres: where a warp of the photo alone comes closest to the frames of 73
# clips above the brows and beside the face, from a dozen tried.
HEAD_RADII = (82.0, 125.0, 85.0)
HEAD_CENTRE = (0.0, 5.0, 70.0)
# Of the turn that a spline adds to: where it is rounder than the head, the spline has
# less to bend between landmarks and around them.
FACE_RADII = (100.0, 140.0, 100.0)


def head_pose(landmarks):
    """The weak perspective in which a mean face is seen at landmarks.

    Args:
        landmarks: float32 `[B, 68, 2]`, (x, y) in pixels.

    Returns:
        `(scale, rotation, shift)`: scale `[B, 1, 1]`, in pixels a millimetre; rotation
        three rows of three and shift two tensors of that shape.
    """
    points = take_known(
        ops.cast(landmarks, "float32"), np.array(HEAD_LANDMARKS), axis=1
    )
    shape = np.array(HEAD_SHAPE, "float32")
    weights = np.ones(len(shape), "float32")
    scale, rotation, shift = fit_weak_perspective(points, shape, weights)
    entries = ops.unstack(ops.reshape(rotation, (-1, 9, 1, 1)), axis=1)
    rows = [entries[:3], entries[3:6], entries[6:]]
    # Coinciding landmarks have scale 0: no NaN may become a pixel index.
    scale = ops.reshape(ops.maximum(scale, 1e-6), (-1, 1, 1))
    return scale, rows, ops.unstack(ops.reshape(shift, (-1, 2, 1, 1)), axis=1)


def head_surface(pose, x, y, radii=HEAD_RADII, centre=HEAD_CENTRE):
    """What of the ellipsoid is seen at places of an image.

    Rays that miss the ellipsoid end where they are nearest to it.

    Args:
        pose: of `head_pose`.
        x, y: float32, `[1, 1, w]` and `[1, h, 1]` or `[B, h, w]`, in pixels.
        radii, centre: of the ellipsoid along the axes of the face, in millimetres.

    Returns:
        points: three tensors `[B, h, w]` along the camera's axes, in millimetres.
        normals: three tensors `[B, h, w]` along the axes of the face, of length 1,
            towards the outside.
        inside: `[B, h, w]`, 1 in the middle of the ellipsoid, 0 on its outline, and
            negative around it.
    """
    scale, rows, shift = pose
    u, v = (x - shift[0]) / scale, (y - shift[1]) / scale
    # In units in which the ellipsoid is the sphere of radius 1: rays q + depth n.
    n = [rows[2][i] / radii[i] for i in range(3)]
    q = [(rows[0][i] * u + rows[1][i] * v - centre[i]) / radii[i] for i in range(3)]
    nn, nq, qq = _dot(n, n), _dot(n, q), _dot(q, q) - 1.0
    nn = ops.maximum(nn, 1e-9)
    # Above zero, for the root's gradient.
    discriminant = nq * nq - nn * qq
    root = ops.sqrt(ops.maximum(discriminant, 1e-14))
    depth = -(nq + root) / nn
    normals = [(q[i] + depth * n[i]) / radii[i] for i in range(3)]
    length = ops.sqrt(_dot(normals, normals) + 1e-12)
    normals = [normal / length for normal in normals]
    return [u, v, depth], normals, discriminant / nn


def turn(rows, vector):
    """Rows of a matrix times a vector of three tensors."""
    return [_dot(row, vector) for row in rows]


def _dot(a, b):
    # Not by `sum`, which begins by adding 0.
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
