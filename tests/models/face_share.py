"""Where the nets paint a face, in NumPy."""

import numpy as np


def face_share(marks, size=64):
    """`[size, size, 1]`: 1 in the face of landmarks `[68, 2]`, 0 around it."""
    y, x = np.mgrid[:size, :size].astype("float64")
    low, high = marks.astype("float64").min(0), marks.astype("float64").max(0)
    (cx, cy), (rx, ry) = (low + high) / 2, 1.5 * (high - low) / 2
    distance = ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2
    return (1 / (1 + np.exp(-6 * (1 - distance))))[..., None]
