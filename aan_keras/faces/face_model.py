"""A mean 3-D face of 68 points."""

import numpy as np

# Points that neither expression nor a turn of the head moves over the skull: nose and
# corners of the eyes. Jaw points slide along the outline of a turning head.
RIGID_POINTS = (*range(27, 36), 36, 39, 42, 45)

# Estimated from 3,821 detections on frames of 303 people and their mirror images:
# rank-3 factorization of the rigid points under scaled orthography (Tomasi and Kanade,
# IJCV 1992), then in turn the pose of each frame and the least-squares shape of all 68
# points, people weighted by the root of their frames, frames by their residual.
# The outer corners of the eyes are 90 mm apart, the adult mean; the median person's
# mean pitch is zero.
FACE_MODEL = (
    (-75.8, 1.2, 52.9),
    (-75.0, 21.1, 48.7),
    (-72.8, 41.0, 45.9),
    (-69.2, 60.6, 42.3),
    (-62.2, 79.0, 34.4),
    (-50.9, 95.3, 22.8),
    (-36.3, 108.9, 9.1),
    (-19.4, 119.7, -4.3),
    (0.0, 123.0, -8.6),
    (19.4, 119.7, -4.3),
    (36.3, 108.9, 9.1),
    (50.9, 95.3, 22.8),
    (62.2, 79.0, 34.4),
    (69.2, 60.6, 42.3),
    (72.8, 41.0, 45.9),
    (75.0, 21.1, 48.7),
    (75.8, 1.2, 52.9),
    (-60.2, -13.4, 6.9),
    (-51.2, -21.7, -3.3),
    (-38.4, -24.2, -11.9),
    (-24.9, -22.5, -18.7),
    (-12.4, -17.4, -23.5),
    (12.4, -17.4, -23.5),
    (24.9, -22.5, -18.7),
    (38.4, -24.2, -11.9),
    (51.2, -21.7, -3.3),
    (60.2, -13.4, 6.9),
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
    (-37.1, -4.4, -4.7),
    (-27.8, -4.2, -6.3),
    (-19.6, 1.3, -6.0),
    (-28.4, 3.0, -5.9),
    (-37.5, 3.0, -4.5),
    (19.6, 1.3, -6.0),
    (27.8, -4.2, -6.3),
    (37.1, -4.4, -4.7),
    (45.0, 0.0, 0.0),
    (37.5, 3.0, -4.5),
    (28.4, 3.0, -5.9),
    (-28.9, 70.4, -4.4),
    (-18.5, 65.1, -19.2),
    (-7.9, 62.8, -27.5),
    (0.0, 64.5, -29.0),
    (7.9, 62.8, -27.5),
    (18.5, 65.1, -19.2),
    (28.9, 70.4, -4.4),
    (18.9, 80.7, -14.7),
    (8.5, 85.2, -22.1),
    (0.0, 86.1, -23.5),
    (-8.5, 85.2, -22.1),
    (-18.9, 80.7, -14.7),
    (-24.3, 70.7, -6.7),
    (-7.9, 68.9, -25.3),
    (0.0, 69.7, -27.0),
    (7.9, 68.9, -25.3),
    (24.3, 70.7, -6.7),
    (8.1, 75.6, -22.4),
    (0.0, 76.6, -24.0),
    (-8.1, 75.6, -22.4),
)


def face_model():
    """float64 `[68, 3]`: x to the right of the image, y down, z away from the camera.

    In millimetres from the middle between the outer corners of the eyes; symmetric. A
    face that looks into the camera has the identity as rotation.
    """
    return np.array(FACE_MODEL)
