"""Rough head pose from 68 landmarks, for an overview of a data set."""

import numpy as np

# Nose tip, chin, outer corners of the eyes, corners of the mouth: indices of iBUG
# points and their places on a generic head, in units of a third of the inter-ocular
# distance; x to the right, y down, z away from the camera.
_INDICES = [30, 8, 36, 45, 48, 54]
_MODEL = np.array(
    [
        (0.0, 0.0, 0.0),
        (0.0, 2.2, 0.43),
        (-1.5, -1.13, 0.9),
        (1.5, -1.13, 0.9),
        (-1.0, 1.0, 0.83),
        (1.0, 1.0, 0.83),
    ]
)


def face_pose(landmarks):
    """Yaw, pitch and roll of a head, in degrees, good to five or ten degrees.

    A scaled orthographic camera is fitted to six points by least squares, and its two
    rows are made orthonormal.

    Args:
        landmarks: `[68, 2]`.

    Returns:
        (yaw, pitch, roll): positive when the head turns to the right of the picture,
        looks down, and tilts clockwise in the picture.
    """
    points = np.asarray(landmarks, "float64")[_INDICES]
    model = _MODEL - _MODEL.mean(0)
    camera = np.linalg.lstsq(model, points - points.mean(0), rcond=None)[0].T
    left, scales, right = np.linalg.svd(camera, full_matrices=False)
    if scales[1] < 1e-9:
        return 0.0, 0.0, 0.0
    x, y = left @ right
    rotation = np.stack([x, y, np.cross(x, y)])
    # The head is pitched first, then turned, then tilted.
    yaw = np.arctan2(rotation[2, 0], np.hypot(rotation[0, 0], rotation[1, 0]))
    pitch = np.arctan2(rotation[2, 1], rotation[2, 2])
    roll = np.arctan2(rotation[1, 0], rotation[0, 0])
    return tuple(float(np.degrees(angle)) for angle in (yaw, pitch, roll))
