"""What the runners of exported files have in common."""

import abc

import numpy as np

# `metadata.FILE_NAME`, without the TensorFlow that writes it.
METADATA = "aan_metadata.json"


class ExportedReenactor(abc.ABC):
    """An exported model of a batch of one, for `aan_keras.reenact` or alone.

    Args:
        metadata: dict, what the export says about itself.

    Attributes:
        image_size: side S of the crops.
        metadata: dict, what the export says about itself.
    """

    def __init__(self, metadata):
        self.metadata = metadata
        self.image_size = metadata["image_size"]

    def encode_source(self, source, source_landmarks):
        """Everything that depends on the source photo alone; once a photo.

        Args:
            source: uint8 `[1, S, S, 3]`, RGB.
            source_landmarks: float32 `[1, 68, 2]`.

        Returns:
            Read-only dict of float32 arrays, the `code` of `drive`.
        """
        size = self.image_size
        source = _checked("source", source, "uint8", (1, size, size, 3))
        return self._encode(source, _landmarks("source_landmarks", source_landmarks))

    def drive(self, code, driving_landmarks):
        """One frame from `encode_source`'s result.

        Args:
            code: dict from `encode_source`.
            driving_landmarks: float32 `[1, 68, 2]`.

        Returns:
            uint8 `[1, S, S, 3]`, RGB.
        """
        return self._drive(code, _landmarks("driving_landmarks", driving_landmarks))

    def animate(self, source, source_landmarks, driving_landmarks):
        """Yields the frames of one clip.

        Args:
            source: uint8 `[S, S, 3]`.
            source_landmarks: float32 `[68, 2]`.
            driving_landmarks: float32 `[T, 68, 2]`.
        """
        code = self.encode_source(source[None], source_landmarks[None])
        for landmarks in driving_landmarks:
            yield self.drive(code, landmarks[None])[0]

    @abc.abstractmethod
    def _encode(self, source, source_landmarks):
        """`encode_source` of inputs that were checked."""

    @abc.abstractmethod
    def _drive(self, code, driving_landmarks):
        """`drive` with landmarks that were checked."""


def _landmarks(name, value):
    value = _checked(name, np.asarray(value, "float32"), "float32", (1, 68, 2))
    if not np.isfinite(value).all():
        raise ValueError(f"`{name}` must be finite. Received: NaN or infinity")
    return value


def _checked(name, value, dtype, shape):
    value = np.asarray(value)
    if value.shape != shape or value.dtype != dtype:
        raise ValueError(
            f"`{name}` must be {dtype} {list(shape)}. "
            f"Received: {value.dtype} {list(value.shape)}"
        )
    return value
