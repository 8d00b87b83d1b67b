"""Landmarks, to be looked at."""

import numpy as np

# Runs of iBUG points that belong together, and whether the last joins the first.
_LINES = (
    (range(0, 17), False),
    (range(17, 22), False),
    (range(22, 27), False),
    (range(27, 31), False),
    (range(31, 36), False),
    (range(36, 42), True),
    (range(42, 48), True),
    (range(48, 60), True),
    (range(60, 68), True),
)


def draw_landmarks(landmarks, size):
    """White lines on black: jaw, brows, nose, eyes and mouth.

    Args:
        landmarks: `[68, 2]` in pixels of a `size` x `size` image.
        size: side of the drawing.

    Returns:
        uint8 `[size, size, 3]`.
    """
    import cv2

    image = np.zeros((size, size, 3), "uint8")
    bits = 4
    points = np.round(np.asarray(landmarks, "float64") * 2**bits).astype("int32")
    thickness = max(round(size / 128), 1)
    for line, closed in _LINES:
        run = points[list(line)][:, None]
        colour = (255, 255, 255)
        cv2.polylines(image, [run], closed, colour, thickness, cv2.LINE_AA, bits)
    return image
