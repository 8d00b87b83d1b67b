"""Dense flow of a head that moves as a whole."""

import keras
import numpy as np
from keras import ops

from aan_keras.layers.sampling import pixel_axes
from aan_keras.layers.similarity import apply_similarity, fit_similarity
from aan_keras.layers.take_known import take_known

# Upper jaw, nose and eye corners: neither speech nor blinks move them.
HEAD_LANDMARKS = (0, 1, 2, 14, 15, 16, *range(27, 36), 36, 39, 42, 45)


@keras.saving.register_keras_serializable(package="aan_keras")
class SimilarityFlow(keras.layers.Layer):
    """Flow of the similarity transform that best takes driving to source landmarks.

    Rotation in the image plane, uniform scale and shift, fitted by least squares to
    the landmarks that expression does not move. Unlike a spline through all landmarks
    it carries hair and ears along with the head instead of stretching them.

    Args:
        size: side of the flow's square grid in pixels.
        image_size: side in pixels of the crop that landmarks refer to.
        landmarks: indices of the landmarks that the transform is fitted to.

    Input shapes:
        source_landmarks, driving_landmarks: float32 `[B, K, 2]`, (x, y) in pixels of
            the `image_size` crop, pixel centres at integers.

    Output shape:
        float32 `[B, size, size, 2]`, (dx, dy) in pixels of the `size` grid, for
        backward warping: `out(p) = source(p + flow(p))`.

    Reference:
        Umeyama, "Least-squares estimation of transformation parameters between two
        point patterns", PAMI 1991, for two dimensions.
    """

    def __init__(self, size, image_size, landmarks=HEAD_LANDMARKS, **kwargs):
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)
        if size < 2 or image_size < 2:
            raise ValueError(
                "`size` and `image_size` must be at least 2. "
                f"Received: size={size}, image_size={image_size}"
            )
        if len(landmarks) < 2:
            raise ValueError(
                "A similarity transform needs at least two landmarks. "
                f"Received: landmarks={landmarks}"
            )
        self.size = size
        self.image_size = image_size
        self.landmarks = tuple(int(i) for i in landmarks)

    def build(self, source_landmarks_shape, driving_landmarks_shape):
        source, driving = tuple(source_landmarks_shape), tuple(driving_landmarks_shape)
        count = max(self.landmarks) + 1
        shapes = source[1:] == driving[1:] and len(source) == 3 and source[-1] == 2
        if not shapes or (source[1] or count) < count:
            raise ValueError(
                f"`SimilarityFlow` takes two landmark sets `[B, K, 2]`, K >= {count}. "
                f"Received: shapes {source} and {driving}"
            )
        self.built = True

    def call(self, source_landmarks, driving_landmarks):
        transform = fit_similarity(
            self._points(driving_landmarks), self._points(source_landmarks)
        )
        x, y = pixel_axes(self.size, self.size)
        moved_x, moved_y = apply_similarity(transform, x, y)
        return ops.stack([moved_x - x, moved_y - y], axis=-1)

    def _points(self, landmarks):
        """The chosen landmarks in pixels of the flow's grid."""
        points = take_known(
            ops.cast(landmarks, "float32"), np.array(self.landmarks), axis=1
        )
        return (points + 0.5) * (self.size / self.image_size) - 0.5

    def compute_output_shape(self, source_landmarks_shape, driving_landmarks_shape):
        return (source_landmarks_shape[0], self.size, self.size, 2)

    def compute_output_spec(self, source_landmarks, driving_landmarks):
        # By default Keras announces the compute dtype; a flow is float32 always.
        shape = self.compute_output_shape(
            source_landmarks.shape, driving_landmarks.shape
        )
        return keras.KerasTensor(shape, "float32")

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "size": self.size,
                "image_size": self.image_size,
                "landmarks": list(self.landmarks),
            }
        )
        return config
