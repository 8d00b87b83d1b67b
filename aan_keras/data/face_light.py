"""Another light on a face: what its shading does when the head turns."""

import functools

import cv2
import numpy as np

from aan_keras.faces.face_model import face_model
from aan_keras.faces.head_pose import head_pose

_GAMMA = 2.2
_BROWS = slice(17, 27)
_SAMPLES = 32
# Of the distance from chin to bridge of the nose: reach of a landmark's normal, and
# how high the forehead is.
_REACH = 0.14
_FOREHEAD = 0.45


def light_face(image, landmarks, direction, ambient):
    """Adds a lamp to the light in which a face was taken.

    Lambert's law on the mean 3-D face, turned as the landmarks tell: a pixel whose
    normal is n shines `ambient + (1 - ambient) * max(0, -direction @ n)` as strong as
    before, over the mean of that on a face that looks into the camera. The lamp stands
    still while the head turns, so that two frames shaded alike are two moments in one
    light. Hair and background stay.

    Args:
        image: float32 `[S, S, 3]` in [-1, 1].
        landmarks: `[68, 2]`, (x, y) in pixels of `image`.
        direction: `[3]`, unit vector in which the lamp shines: x to the right, y down,
            z away from the camera.
        ambient: `[3]`, from 0 to 1, the share of the light that is not the lamp's, of
            each colour channel.

    Returns:
        float32 `[S, S, 3]` in [-1, 1]; `image` where the landmarks show no pose.

    Reference:
        Basri and Jacobs, "Lambertian Reflectance and Linear Subspaces", PAMI 2003, for
        how little of the shape shading depends on.
    """
    pose = head_pose(landmarks)
    if pose is None:
        return image
    size = image.shape[0]
    normals = _normals()
    frontal = _light(normals, direction, ambient).mean(0)
    seen = _spread(normals @ pose.rotation.T, landmarks, size)
    gain = (_light(seen, direction, ambient) / frontal) ** (1 / _GAMMA)
    gain = cv2.resize(gain.astype("float32"), (size, size))
    gain = 1 + _face(landmarks, size)[..., None] * (gain - 1)
    return np.clip((image + 1) * gain - 1, -1, 1).astype("float32")


def _light(normals, direction, ambient):
    towards = np.maximum(-(normals @ np.asarray(direction)), 0)[..., None]
    return ambient + (1 - np.asarray(ambient)) * towards


@functools.lru_cache(maxsize=1)
def _normals():
    """Outward unit normals of the mean face at its points, `[68, 3]`."""
    from scipy.spatial import Delaunay  # slow to import

    points = face_model()
    triangles = Delaunay(points[:, :2]).simplices
    corners = points[triangles]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    across *= -np.sign(across[:, 2:])  # towards the camera
    normals = np.zeros_like(points)
    for corner in triangles.T:
        np.add.at(normals, corner, across)
    return normals / np.linalg.norm(normals, axis=1, keepdims=True)


def _spread(normals, landmarks, size):
    """Normals at landmarks as a smooth field of unit normals, `[n, n, 3]`."""
    places = (np.arange(_SAMPLES) + 0.5) * (size / _SAMPLES) - 0.5
    points = np.asarray(landmarks, "float64")
    reach = _REACH * np.linalg.norm(points[27] - points[8])
    x = np.square(places[:, None] - points[:, 0]) / (2 * reach**2)
    y = np.square(places[:, None] - points[:, 1]) / (2 * reach**2)
    distance = y[:, None] + x[None]
    # Far away the nearest landmark decides, where all weights would vanish.
    weights = np.exp(distance.min(-1, keepdims=True) - distance)
    field = weights @ normals
    return field / np.linalg.norm(field, axis=-1, keepdims=True)


def _face(landmarks, size):
    mask = np.zeros((size, size), "float32")
    points = np.asarray(landmarks, "float64")
    forehead = points[_BROWS] + _FOREHEAD * (points[27] - points[8])
    outline = cv2.convexHull(np.round(np.concatenate([points, forehead])).astype(int))
    cv2.fillConvexPoly(mask, outline.astype("int32"), 1.0)
    return cv2.GaussianBlur(mask, (0, 0), size / 24)
