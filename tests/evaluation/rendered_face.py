"""The face model, turned and seen by a camera: landmarks whose pose is known."""

import numpy as np
from scipy.spatial.transform import Rotation

from aan_keras.faces.face_model import RIGID_POINTS, face_model


def render(angles, distance=1000.0, size=256, centre=(128, 120), model=None):
    """Landmarks float64 `[68, 2]` of a face at (pitch, yaw, roll) in degrees.

    Args:
        angles: in degrees.
        distance: from the camera in millimetres; inf for parallel rays.
        size: of the image in pixels, half of which the face is wide.
        centre: where the middle of the rigid points is; the camera aims there.
        model: `[68, 3]`, or None for the mean face.
    """
    model = face_model() if model is None else model
    # Capitals: intrinsic, R_x R_y R_z.
    turned = model @ Rotation.from_euler("XYZ", angles, degrees=True).as_matrix().T
    turned -= [*turned[list(RIGID_POINTS)].mean(0)[:2], 0]
    scale = size / 2 / 150
    depth = np.ones(68) if np.isinf(distance) else 1 + turned[:, 2] / distance
    return turned[:, :2] * scale / depth[:, None] + centre
