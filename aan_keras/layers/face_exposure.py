"""Brightness of a face, measured and evened out."""

import keras
from keras import ops

from aan_keras.layers.face_ellipse import face_ellipse
from aan_keras.layers.known_size import known_size


@keras.saving.register_keras_serializable(package="aan_keras")
class FaceExposure(keras.layers.Layer):
    """Measures the brightness of a face, and moves images to a common one and back.

        level = mean of the image's channels over the ellipse in the landmarks' box
        normalize(x, level) = (x - level) * gain + target
        restore(y, level) = (y - target) / gain + level

    Between `normalize` and `restore` a net commutes with a change of brightness: it
    need not learn each motion for pale and for dark faces, for day and for night.
    One offset for all channels leaves the hue, by which lips differ from skin. A gain
    below 1 keeps a bright surrounding of a dark face within [-1, 1].

    Args:
        target: brightness of normalized faces, on the scale of [-1, 1].
        gain: of the contrast of normalized images.

    Input shapes:
        image: `[B, S, S, C]`.
        landmarks: float32 `[B, n, 2]`, (x, y) in pixels of the image, pixel centres at
            integers.

    Output shape:
        `[B, 1, 1, 1]`, the level; 0 where the face is not in the image.

    Example:

    >>> exposure = FaceExposure()
    >>> level = exposure(source, landmarks)
    >>> image = exposure.restore(net(exposure.normalize(source, level)), level)

    Reference:
        Not in the paper.
    """

    def __init__(self, target=-0.15, gain=0.8, **kwargs):
        super().__init__(autocast=False, **kwargs)
        if gain <= 0:
            raise ValueError(f"`gain` must be positive. Received: gain={gain}")
        self.target = target
        self.gain = gain

    def call(self, image, landmarks):
        landmarks = ops.cast(landmarks, "float32")
        inside = face_ellipse(landmarks, *known_size(image))
        grey = ops.mean(ops.cast(image, "float32"), axis=-1, keepdims=True)
        total = ops.sum(inside * grey, axis=(1, 2, 3), keepdims=True)
        area = ops.sum(inside, axis=(1, 2, 3), keepdims=True)
        return ops.cast(total / ops.maximum(area, 1.0), self.compute_dtype)

    def normalize(self, image, level):
        """`[B, H, W, C]` with faces at `level` to one with faces at `target`."""
        return (ops.cast(image, "float32") - level) * self.gain + self.target

    def restore(self, image, level):
        """What `normalize` did, undone."""
        return (ops.cast(image, "float32") - self.target) / self.gain + level

    def compute_output_shape(self, image_shape, landmarks_shape=None):
        return (image_shape[0], 1, 1, 1)

    def get_config(self):
        return {**super().get_config(), "target": self.target, "gain": self.gain}
