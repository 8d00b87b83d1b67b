"""A turned face's landmarks, as they would be seen from the front."""

import numpy as np
from scipy.special import expit

from aan_keras.faces.face_model import face_model
from aan_keras.faces.head_pose import head_pose

# Nose and eyes hardly change shape with the expression.
_RIGID = slice(27, 48)
_JAW = slice(0, 17)
# In millimetres: how softly one half goes over into the other.
_SOFTNESS = 6.0
# Of a turned head the jaw's landmarks lie on its outline, up to 1.6 times as far from
# the middle as the jaw is wide. Faces are not wider or narrower than this.
_WIDTHS = (0.95, 1.08)


def frontal_landmarks(landmarks):
    """Landmarks of the same face, turned to the camera.

    The half that is seen better counts for both: the result is symmetric but for roll,
    which stays, as do size and place of the head.

    Args:
        landmarks: `[68, 2]`, (x, y) in pixels, y down.

    Returns:
        float32 `[68, 2]`, in the same pixels.

    Raises:
        ValueError: the landmarks coincide or are not finite.
    """
    landmarks = np.asarray(landmarks, "float64")
    pose = head_pose(landmarks)
    if pose is None:
        raise ValueError("`landmarks` must be those of a face. They coincide.")
    model = face_model()[:, :2]
    seen = pose.frontal(landmarks)
    # The face's own x axis comes towards the camera on the side that is seen better.
    towards = -np.sign(pose.rotation[2, 0]) or 1.0
    own = expit(towards * model[:, :1] / _SOFTNESS)
    face = own * seen + (1.0 - own) * seen[_opposite(model)] * (-1.0, 1.0)
    face[_JAW, 0] = _jaw_across(face, model)
    roll = np.radians(pose.angles[2])
    turn = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    placed = face @ turn.T * (pose.focal_length / pose.translation[2])
    placed += _middle(landmarks[_JAW]) - _middle(placed[_JAW])
    return placed.astype("float32")


def _opposite(model):
    """int `[68]`: which point of the model, which is symmetric, mirrors each."""
    apart = model[:, None] - model[None] * (-1.0, 1.0)
    return np.argmin((apart**2).sum(-1), axis=1)


def _jaw_across(face, model):
    """The mean jaw's x, as wide as the face's, within what is usual."""
    inner, usual = (x[_RIGID] - x[_RIGID].mean(0) for x in (face, model))
    scale = (inner * usual).sum() / (usual * usual).sum()
    width = np.ptp(face[_JAW, 0]) / (scale * np.ptp(model[_JAW, 0]))
    return model[_JAW, 0] * scale * np.clip(width, *_WIDTHS)


def _middle(points):
    return (points.min(0) + points.max(0)) / 2
