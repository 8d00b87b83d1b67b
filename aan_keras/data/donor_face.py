"""Skin of one person on the face of another: people that nobody filmed."""

import cv2
import numpy as np

from aan_keras.data.face_colour import match_face_colour

_OPENINGS = (range(36, 42), range(42, 48), range(60, 68))
_RIGID = np.r_[0:17, 27:36]  # jaw and nose: what a turn of the head moves
# Share of the image side, about half an eye: what is coarser is taken for shading.
_SHADING = 1 / 16


def blend_face(image, landmarks, donor, donor_landmarks, amount):
    """Lays another person's face over a face, as transparent as wanted.

    The donor's face is moved onto the landmarks by a thin-plate spline and given the
    colours of the face under it. Its shading stays away: the donor's does not change
    when the face turns, that of the face under it does. What is between lips and lids
    stays, since a donor whose mouth is closed has no teeth to give.

    Args:
        image: float32 `[S, S, 3]` in [-1, 1].
        landmarks: `[68, 2]`, (x, y) in pixels of `image`.
        donor: uint8 `[n, n, 3]`.
        donor_landmarks: `[68, 2]`, (x, y) in pixels of `donor`.
        amount: opacity, from 0 to 1.

    Returns:
        float32 `[S, S, 3]` in [-1, 1].

    Reference:
        Bookstein, "Principal Warps: Thin-Plate Splines and the Decomposition of
        Deformations", 1989.
    """
    from scipy.interpolate import RBFInterpolator  # slow to import

    size = image.shape[0]
    donor = donor.astype("float32") * (2 / 255) - 1
    # Sampled coarsely and interpolated: a thin-plate spline is smooth.
    grid = np.stack(np.meshgrid(*2 * [(np.arange(32) + 0.5) * size / 32 - 0.5]), -1)
    spline = RBFInterpolator(landmarks, donor_landmarks, smoothing=1e-3)
    place = spline(grid.reshape(-1, 2)).reshape(32, 32, 2).astype("float32")
    place = cv2.resize(place, (size, size), interpolation=cv2.INTER_CUBIC)
    moved = cv2.remap(
        donor, place, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    moved = match_face_colour(moved, landmarks, image, landmarks)
    change = moved - image
    change -= _shading(change, landmarks)
    opacity = amount * _skin(landmarks, size)[..., None]
    return np.clip(image + opacity * change, -1, 1)


def head_shape(landmarks):
    """Jaw and nose in a frame of their own, `[..., 26, 2]`: a turn changes them."""
    points = np.asarray(landmarks, "float64")[..., _RIGID, :]
    points = points - points.mean(-2, keepdims=True)
    return points / np.sqrt((points**2).sum((-2, -1), keepdims=True))


def _shading(image, landmarks):
    """The coarse part of a face, of its own pixels alone."""
    sigma = _SHADING * image.shape[0]
    face = _hull(landmarks, image.shape[0])
    amount = np.maximum(cv2.GaussianBlur(face, (0, 0), sigma), 1e-3)
    return cv2.GaussianBlur(image * face[..., None], (0, 0), sigma) / amount[..., None]


def _hull(landmarks, size):
    mask = np.zeros((size, size), "float32")
    points = np.round(landmarks).astype("int32")
    cv2.fillConvexPoly(mask, cv2.convexHull(points), 1.0)
    return mask


def _skin(landmarks, size):
    mask = _hull(landmarks, size)
    points = np.round(landmarks).astype("int32")
    edge = 2 * int(size / 64) + 1
    mask = cv2.erode(mask, np.ones((edge, edge)))
    for opening in _OPENINGS:
        cv2.fillConvexPoly(mask, cv2.convexHull(points[opening]), 0.0)
    return cv2.GaussianBlur(mask, (0, 0), size / 64)
