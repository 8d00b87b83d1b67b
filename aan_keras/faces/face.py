"""One detected face."""

import dataclasses

import numpy as np

# dlib's detection box against the 68 points, medians over 1602 faces, in units of
# sqrt(w * h) of the points' bounding box: the box's width, and how far its centre lies
# above the points' mean (which says better where it is than the bounding box does).
_BOX_WIDTH = 1.076
_BOX_RISE = 0.071


def box_around(landmarks):
    """The detection box that goes with 68 landmarks, as a detector would draw it.

    Args:
        landmarks: `[..., 68, 2]`, (x, y) in pixels.

    Returns:
        float64 `[..., 4]`: (left, top, right, bottom), pixel centres at integers.
    """
    landmarks = np.asarray(landmarks, "float64")
    extent = np.maximum(landmarks.max(-2) - landmarks.min(-2), 1e-6)
    size = np.sqrt(np.prod(extent, axis=-1))
    centre = landmarks.mean(-2)
    centre[..., 1] -= _BOX_RISE * size
    half = (_BOX_WIDTH * size / 2)[..., None]
    return np.concatenate([centre - half, centre + half], axis=-1)


@dataclasses.dataclass(frozen=True)
class Face:
    """Landmarks of one face, with the box that a detector drew around it.

    Args:
        landmarks: float32 `[68, 2]`, iBUG 68 points, (x, y) in pixels of the image,
            pixel centres at integers.
        box: (left, top, right, bottom) in pixels of the image; None derives it from
            the landmarks.
        score: confidence of the detector, whatever its scale.
    """

    landmarks: np.ndarray
    box: tuple = None
    score: float = 0.0

    def __post_init__(self):
        landmarks = np.asarray(self.landmarks, "float32")
        if landmarks.shape != (68, 2) or not np.isfinite(landmarks).all():
            raise ValueError(
                "A face needs 68 finite landmarks (x, y). "
                f"Received: landmarks of shape {landmarks.shape}"
            )
        box = box_around(landmarks) if self.box is None else self.box
        object.__setattr__(self, "landmarks", landmarks)
        object.__setattr__(self, "box", tuple(float(edge) for edge in box))

    @property
    def centre(self):
        """(x, y) of the middle of the box."""
        left, top, right, bottom = self.box
        return (left + right) / 2, (top + bottom) / 2

    @property
    def width(self):
        """Width of the box in pixels."""
        return self.box[2] - self.box[0]

    def __str__(self):
        x, y = self.centre
        return f"{self.width:.0f} pixels wide at ({x:.0f}, {y:.0f})"
