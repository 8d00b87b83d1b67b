"""Which frames of a clip are fit for training."""

import numpy as np

from aan_keras.faces.face import box_around

_NEIGHBOURS = 3
_VIEW = 128
_FACE = slice(24, 104)
_BLOCK = 8


def steady_frames(landmarks, jump):
    """Finds landmarks that slipped and frames beyond a cut.

    Two frames belong together when they are at most three places apart and their
    landmarks at most `jump` face widths (root mean square). The largest set of frames
    that hang together so is the clip; the rest are jumps. So a single slip goes, and a
    video that cuts to another scene keeps its longer part.

    Args:
        landmarks: `[n, 68, 2]` in pixels of the clip, in the order of time.
        jump: largest distance, in face widths.

    Returns:
        bool `[n]`.
    """
    points = np.asarray(landmarks, "float64")
    count = len(points)
    group = np.arange(count)
    if not count:
        return np.zeros(0, bool)
    box = box_around(points)
    limit = jump * np.median(box[:, 2] - box[:, 0])
    for step in range(1, _NEIGHBOURS + 1):
        squares = ((points[step:] - points[:-step]) ** 2).sum(-1).mean(-1)
        for i in np.flatnonzero(np.sqrt(squares) <= limit):
            group[group == group[i + step]] = group[i]
    names, sizes = np.unique(group, return_counts=True)
    return group == names[np.argmax(sizes)]


def grey_view(crop):
    """The crop as sharpness and likeness are judged: float32 `[128, 128]`, 0-255."""
    import cv2

    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    method = cv2.INTER_AREA if len(crop) > _VIEW else cv2.INTER_LINEAR
    return cv2.resize(grey, (_VIEW, _VIEW), interpolation=method).astype("float32")


def sharpness(view):
    """Variance of the Laplacian in the middle of a `grey_view`, where the face is."""
    import cv2

    return float(cv2.Laplacian(view[_FACE, _FACE], cv2.CV_32F).var())


def is_duplicate(view, other, limit):
    """Whether no 8 x 8 block of two `grey_view`s differs by more than `limit`."""
    blocks = np.abs(view - other).reshape(_VIEW // _BLOCK, _BLOCK, -1, _BLOCK)
    return bool(blocks.mean((1, 3)).max() <= limit)
