"""The networks that all visitors of the page share."""

import numpy as np
import tensorflow as tf
from keras import ops

from aan_keras.compiled_reenactor import CompiledReenactor

_TRACK = tf.TensorSpec((None, 68, 2), "float32")
_IDENTITY = tf.TensorSpec((1, 68, 3), "float32")


class DemoModels:
    """A reenactor and a landmark transformer, compiled for one frame at a time.

    They hold weights only, nothing of a visitor, so that threads may share them.

    Args:
        reenactor: `aan_keras.Reenactor`.
        transformer: `LandmarkTransformer`, or None without `transform` mode.
    """

    def __init__(self, reenactor, transformer=None):
        self.reenactor = reenactor
        self.transformer = transformer
        self.image_size = reenactor.image_size
        self._compiled = CompiledReenactor.of(reenactor)
        if transformer is not None:
            self._transform = tf.function(
                transformer.transform, input_signature=[_TRACK, _IDENTITY, _IDENTITY]
            )
            self._clip_identity = tf.function(
                transformer.clip_identity, input_signature=[_TRACK]
            )

    def warm_up(self):
        """Traces the graphs, so that no visitor waits for that."""
        size = self.image_size
        angles = np.linspace(0, 2 * np.pi, 68, endpoint=False)
        points = size / 2 + size / 4 * np.stack([np.cos(angles), np.sin(angles)], -1)
        points = points.astype("float32")
        self.drive(self.encode(np.zeros((size, size, 3), "uint8"), points), points)
        if self.transformer is not None:
            identity = self.clip_identity(points[None])
            self.transform(points[None], identity, identity)

    def encode(self, image, landmarks):
        """The code of a photo's crop, for `drive`.

        Args:
            image: uint8 RGB `[S, S, 3]`.
            landmarks: float32 `[68, 2]`, in pixels of it.
        """
        return self._compiled.encode_source(image, landmarks)

    def drive(self, code, landmarks):
        """As of `CompiledReenactor`, at landmarks `[68, 2]` of the source's crop."""
        return self._compiled.drive(code, landmarks)

    def source_identity(self, image, landmarks):
        """`l_id` float32 `[1, 68, 3]` of a photo's crop, see `LandmarkTransformer`."""
        inputs = {"landmarks": ops.convert_to_tensor(landmarks, "float32")[None]}
        if self.transformer.estimator == "network":
            pixels = ops.convert_to_tensor(image, "float32")[None] / 127.5 - 1
            inputs["image"] = pixels
        return ops.convert_to_numpy(self.transformer(inputs))

    def clip_identity(self, landmarks):
        """`l_id` float32 `[1, 68, 3]` of a face seen at landmarks `[T, 68, 2]`."""
        return self._clip_identity(np.asarray(landmarks, "float32")).numpy()

    def transform(self, landmarks, source_identity, driving_identity):
        """Landmarks `[T, 68, 2]` of one face on the shape of another."""
        landmarks = np.asarray(landmarks, "float32")
        return self._transform(landmarks, source_identity, driving_identity).numpy()
