"""Which frames of a clip are fit for training."""

import numpy as np

from aan_keras.faces.face import box_around
from aan_keras.faces.face_crop import FaceCrop

_NEIGHBOURS = 3
_VIEW = 128
_FACE = slice(24, 104)
_BLOCK = 8
# Of lightness and of both colour axes.
_SHADES = 8


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
    if not len(points):
        return np.zeros(0, bool)
    box = box_around(points)
    limit = jump * np.median(box[:, 2] - box[:, 0])

    def distance(first, second):
        return np.sqrt(((first - second) ** 2).sum(-1).mean(-1))

    return _largest_group(points, distance, limit)


def one_scene(colours, limit):
    """Finds the frames of a video's longest scene.

    Two frames belong together, as in `steady_frames`, when at most the share `limit`
    of their pixels has other colours. So a video that cuts to another person, whose
    face may be in the same place, keeps one of them.

    Args:
        colours: `[n, 512]`, `face_colours` of each frame in the order of time.
        limit: largest share.

    Returns:
        bool `[n]`.
    """

    def difference(first, second):
        return 1 - np.minimum(first, second).sum(-1)

    if not len(colours):
        return np.zeros(0, bool)
    return _largest_group(np.asarray(colours, "float64"), difference, limit)


def _largest_group(values, distance, limit):
    """The most values that hang together, neighbour by neighbour: bool `[n]`."""
    group = np.arange(len(values))
    for step in range(1, _NEIGHBOURS + 1):
        near = distance(values[step:], values[:-step]) <= limit
        for i in np.flatnonzero(near):
            group[group == group[i + step]] = group[i]
    names, sizes = np.unique(group, return_counts=True)
    return group == names[np.argmax(sizes)]


def face_colours(image, landmarks):
    """Which colours a face and what surrounds it have, wherever it is in the image.

    Args:
        image: uint8 RGB `[H, W, 3]`.
        landmarks: `[68, 2]` in pixels of the image.

    Returns:
        float32 `[512]`: shares of the pixels of the face's own crop, by lightness and
        the two colour axes of CIE L*a*b*, 8 steps each.
    """
    import cv2

    crop = FaceCrop.around(box_around(landmarks), image.shape).cut(image, _VIEW)
    lab = cv2.cvtColor(crop, cv2.COLOR_RGB2LAB)
    bins, ranges = [_SHADES] * 3, [0, 256] * 3
    return cv2.calcHist([lab], [0, 1, 2], None, bins, ranges).ravel() / _VIEW**2


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
