"""Everything that the measures need to know of the faces in a batch of images."""

import dataclasses

import numpy as np

from aan_keras.evaluation.action_units import MEASURES, expression_measures
from aan_keras.evaluation.face_texture import texture_descriptor
from aan_keras.evaluation.resize import resize_image, resize_landmarks
from aan_keras.faces.head_pose import head_pose

# Faces in smaller crops would be below the size that detectors are made for.
_SMALLEST = 128


@dataclasses.dataclass
class Faces:
    """Facts of B images; a row is NaN where no face was found.

    Args:
        landmarks: float32 `[B, 68, 2]` in pixels.
        angles: float64 `[B, 3]`: pitch, yaw, roll in degrees.
        expression: float64 `[B, 8]`, see `expression_measures`.
        identity: float32 `[B, 128]`, dlib's descriptor.
        texture: float64 `[B, 2891]`, see `texture_descriptor`.
        arcface: float32 `[B, n]`, or None without the network.
    """

    landmarks: np.ndarray
    angles: np.ndarray
    expression: np.ndarray
    identity: np.ndarray
    texture: np.ndarray
    arcface: np.ndarray = None

    @property
    def found(self):
        """bool `[B]`."""
        return np.isfinite(self.landmarks[:, 0, 0])

    def __len__(self):
        return len(self.landmarks)

    def take(self, rows):
        """The faces at `rows`, as `Faces`."""
        return Faces(*(None if f is None else f[rows] for f in self._fields()))

    @classmethod
    def concatenate(cls, parts):
        """One `Faces` of several."""
        columns = zip(*(part._fields() for part in parts))
        return cls(*(None if c[0] is None else _concatenate(c) for c in columns))

    def _fields(self):
        return [getattr(self, field.name) for field in dataclasses.fields(self)]


class FaceAnalysis:
    """Finds faces in images and measures them.

    Real and generated images go the same way: the landmarks that a data set brings
    along come from other detectors and sizes, and their difference would be counted as
    an error of the model.

    Args:
        landmarker: callable from an image to a list of `Face`, largest first; None:
            `DlibLandmarker()`.
        identity_net: callable from chips to descriptors; None: `IdentityNet()`.
        arcface: `ArcFace`, or None.

    Example:

    >>> faces = FaceAnalysis()(images)  # uint8 [B, S, S, 3]
    >>> faces.angles[faces.found]
    """

    def __init__(self, landmarker=None, identity_net=None, arcface=None):
        from aan_keras.faces import DlibLandmarker
        from aan_keras.layers.face_chip import FaceChip
        from aan_keras.models.identity_net import IdentityNet

        self.landmarker = landmarker or DlibLandmarker()
        self.chip = FaceChip()
        self.identity_net = identity_net or IdentityNet()
        self.arcface = arcface

    def __call__(self, images):
        """`Faces` of uint8 images `[B, S, S, 3]`."""
        landmarks = self.find_landmarks(images)
        found = np.isfinite(landmarks[:, 0, 0])
        poses = [head_pose(points) for points in landmarks]
        none = np.full(3, np.nan)
        seen, points = images[found], landmarks[found]
        identity, texture = self._identities(seen, points)
        arcface = None
        if self.arcface is not None:
            arcface = self.arcface(seen, points) if len(seen) else np.zeros((0, 1))
            arcface = _spread(arcface, found)
        return Faces(
            landmarks,
            np.stack([none if pose is None else pose.angles for pose in poses]),
            np.stack([expression_measures(points) for points in landmarks]).reshape(
                -1, len(MEASURES)
            ),
            _spread(identity, found),
            _spread(texture, found),
            arcface,
        )

    def find_landmarks(self, images):
        """float32 `[B, 68, 2]`: those of the largest face in each image."""
        landmarks = np.full((len(images), 68, 2), np.nan, "float32")
        size = images.shape[1]
        shown = max(size, _SMALLEST)
        for row, image in enumerate(images):
            faces = self.landmarker(resize_image(image, shown))
            if faces:
                landmarks[row] = resize_landmarks(faces[0].landmarks, shown, size)
        return landmarks

    def _identities(self, images, landmarks):
        if not len(images):
            return np.zeros((0, 128), "float32"), np.zeros((0, 2891))
        chips = self.chip(images.astype("float32") / 127.5 - 1.0, landmarks)
        identity = np.asarray(self.identity_net(chips))
        levels = np.round((np.asarray(chips) + 1.0) * 127.5).astype("uint8")
        return identity, np.stack([texture_descriptor(chip) for chip in levels])


def _concatenate(parts):
    """One array of several; parts without a face may not know the others' width."""
    shape = max((part.shape[1:] for part in parts), default=())
    wide = [
        part if part.shape[1:] == shape else np.full((len(part), *shape), np.nan)
        for part in parts
    ]
    return np.concatenate(wide)


def _spread(values, found):
    """Rows of the found faces, and NaN in between."""
    out = np.full((len(found), *values.shape[1:]), np.nan, values.dtype)
    out[found] = values
    return out
