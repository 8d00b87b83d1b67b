"""What the runners of exported files have in common."""

import abc

import numpy as np

# `metadata.FILE_NAME`, without the TensorFlow that writes it.
METADATA = "aan_metadata.json"
# Of a frame, in the order of `Reenactor.drive_with_fill`.
FRAME_PARTS = ("image", "flow", "filled")


class ExportedReenactor(abc.ABC):
    """An exported model of a batch of one, for `aan_keras.reenact` or alone.

    Args:
        metadata: dict, what the export says about itself.

    Attributes:
        image_size: side S of the crops.
        metadata: dict, what the export says about itself.
        gives_motion: whether it tells what moved the photo; the first exports did not.
    """

    gives_motion = True

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
        landmarks = _landmarks("driving_landmarks", driving_landmarks)
        return self._drive(code, landmarks, ("image",))[0]

    def drive_with_fill(self, code, driving_landmarks):
        """As `drive`, and what moved the photo: for `LargeCrop` and `PasteBack`.

        Args:
            code: dict from `encode_source`.
            driving_landmarks: float32 `[1, 68, 2]`.

        Returns:
            image: uint8 `[1, S, S, 3]`, RGB.
            flow: float32 `[1, h, w, 2]`, in pixels of its own grid.
            filled: float32 `[1, S, S]` from 0 to 1, where the background behind the
                person shows.

            Flow and fill of an export that does not `gives_motion` are None.
        """
        landmarks = _landmarks("driving_landmarks", driving_landmarks)
        if not self.gives_motion:
            return *self._drive(code, landmarks, ("image",)), None, None
        return tuple(self._drive(code, landmarks, FRAME_PARTS))

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

    def animate_with_motion(self, source, source_landmarks, driving_landmarks):
        """Yields the frames of one clip and what moved the photo.

        Args:
            source, source_landmarks, driving_landmarks: as of `animate`.

        Yields:
            `(image, flow, filled)` as of `drive_with_fill`, without the axis of 1.
        """
        code = self.encode_source(source[None], source_landmarks[None])
        for landmarks in driving_landmarks:
            parts = self.drive_with_fill(code, landmarks[None])
            yield tuple(None if part is None else part[0] for part in parts)

    @abc.abstractmethod
    def _encode(self, source, source_landmarks):
        """`encode_source` of inputs that were checked."""

    @abc.abstractmethod
    def _drive(self, code, driving_landmarks, parts):
        """Outputs of these names, at landmarks that were checked."""


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
