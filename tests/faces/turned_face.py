"""Landmarks of the mean face as a camera sees it."""

import numpy as np
from scipy.spatial.transform import Rotation

from aan_keras.faces.face_model import face_model
from aan_keras.faces.head_pose import CAMERA_DISTANCE


def turned_face(yaw, roll=0.0, shape=None, scale=0.4, place=(64.0, 64.0)):
    """`[68, 2]` in pixels; yaw is positive to the left of the picture."""
    shape = face_model() if shape is None else np.asarray(shape, "float64")
    turn = Rotation.from_euler("YZ", (yaw, roll), degrees=True).as_matrix()
    x, y, z = (shape @ turn.T).T
    factor = scale * CAMERA_DISTANCE / (CAMERA_DISTANCE + z)
    return np.stack([x * factor, y * factor], -1) + place
