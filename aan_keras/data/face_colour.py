"""Two photos of a person as if taken in light of one colour."""

import cv2
import numpy as np

# A face in the dark has no detail to stretch.
_GAIN = (0.5, 2.0)


def match_face_colour(image, landmarks, reference, reference_landmarks):
    """Gives each colour channel the mean and spread it has in another photo's face.

    Args:
        image: float32 `[S, S, 3]` in [-1, 1].
        landmarks: `[68, 2]`, (x, y) in pixels of `image`.
        reference: the photo whose colours are wanted, as `image`.
        reference_landmarks: `[68, 2]`, of `reference`.

    Returns:
        float32 `[S, S, 3]` in [-1, 1]. Mean and standard deviation in the hull of the
        landmarks are those of the reference, as far as the contrast need not change by
        more than a factor of two and no value leaves the range.

    Reference:
        Reinhard et al., "Color Transfer between Images", 2001, Eqs. 10-11, here in RGB.
    """
    mean, spread = _statistics(image, landmarks)
    reference_mean, reference_spread = _statistics(reference, reference_landmarks)
    gain = np.clip(reference_spread / np.maximum(spread, 1e-3), *_GAIN)
    matched = (image - mean) * gain + reference_mean
    return np.clip(matched, -1.0, 1.0).astype("float32")


def _statistics(image, landmarks):
    mask = np.zeros(image.shape[:2], "uint8")
    hull = cv2.convexHull(np.round(landmarks).astype("int32"))
    cv2.fillConvexPoly(mask, hull, 1)
    mean, spread = cv2.meanStdDev(image, mask=mask)
    return mean[:, 0], spread[:, 0]
