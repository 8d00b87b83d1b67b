"""Colour of lips, measured and evened out."""

import keras
import numpy as np
from keras import ops

from aan_keras.layers.face_ellipse import face_ellipse
from aan_keras.layers.image_light import BLACK, light_of, mean_light
from aan_keras.layers.opening_mask import OpeningMask

_OUTER = (48, 49, 50, 51, 52, 53, 54), (48, 59, 58, 57, 56, 55, 54)
_INNER = (60, 61, 62, 63, 64), (60, 67, 66, 65, 64)
# Light on lips as a share of that on the face, in red, green and blue: geometric means
# over 1,187 photos and frames of 297 people.
_USUAL = np.exp(np.array([-0.077, -0.206, -0.147], "float32"))
# Lips whose hue is so far from the usual one are evened out by half of it. Of 2,784
# photos half are within 0.06, and one in a hundred is beyond 0.27.
_FAR = 0.2
_MOST = 2.5


@keras.saving.register_keras_serializable(package="aan_keras")
class LipColour(keras.layers.Layer):
    """Measures how unlike usual lips are, and moves images there and back.

    With light = x + 1.02 of an image x in [-1, 1], by colour channel:

        r = log(usual * mean of light on the face / mean of light on the lips)
        d^2 = sum of (r - mean of r)^2 over the channels
        gain = exp((r - r of red) * d^2 / (d^2 + 0.2^2)), from 1 / 2.5 to 2.5
        even_out(x, lips, gain) = light * (1 + lips * (gain - 1)) - 1.02
        restore(y, lips, gain) = (y + 1.02) / (1 + lips * (gain - 1)) - 1.02

    Lips are what is between the outer and the inner chain of landmarks (see
    `OpeningMask`), and the face is the ellipse in the landmarks' box. Lipstick takes
    green and blue away, shadow all colours alike: so the gain of red is 1, and lips of
    the usual hue stay as they are, however dark.

    Between `even_out` and `restore` a net need not know of lipstick. Where a mouth
    opens it changes the lips that are drawn out over the opening; of lips as red as it
    has seldom seen it takes too little away.

    Args:
        size: side S of the images.

    Input shapes:
        image: `[B, S, S, 3]` in [-1, 1], RGB.
        landmarks: float32 `[B, 68, 2]`, (x, y) in pixels of the image, pixel centres at
            integers.
        lips: `[B, S, S, 1]`, where the lips are, see `lips`.

    Output shape:
        `[B, 1, 1, 3]`, the gain; 1 where there are no lips in the image.

    Example:

    >>> colour = LipColour(128)
    >>> lips = colour.lips(source_landmarks)
    >>> gain = colour(source, source_landmarks, lips)
    >>> image = colour.restore(net(colour.even_out(source, lips, gain)), lips, gain)

    Reference:
        Not in the paper.
    """

    def __init__(self, size, **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.size = size
        self.outer = OpeningMask(size, *_OUTER, dtype="float32")
        self.inner = OpeningMask(size, *_INNER, dtype="float32")

    def call(self, image, landmarks, lips):
        landmarks = ops.cast(landmarks, "float32")
        lips = ops.cast(lips, "float32")
        light = light_of(image)
        ellipse = face_ellipse(landmarks, self.size, self.size)
        usual = ops.convert_to_tensor(_USUAL) * mean_light(light, ellipse, 1.0)
        change = ops.log(usual / mean_light(light, lips, usual))
        hue = change - ops.mean(change, axis=-1, keepdims=True)
        squared = ops.sum(hue * hue, axis=-1, keepdims=True)
        share = squared / (squared + np.float32(_FAR**2))
        gain = ops.exp(share * (change - change[..., :1]))
        return ops.cast(ops.clip(gain, 1.0 / _MOST, _MOST), self.compute_dtype)

    def build(self, image_shape, landmarks_shape, lips_shape):
        self.outer.build(landmarks_shape)
        self.inner.build(landmarks_shape)
        self.built = True

    def lips(self, landmarks):
        """Where lips are: float32 `[B, S, S, 1]` from 0 to 1.

        Args:
            landmarks: float32 `[B, 68, 2]`.
        """
        landmarks = ops.cast(landmarks, "float32")
        return ops.maximum(self.outer(landmarks) - self.inner(landmarks), 0.0)

    def not_inside(self, lips, landmarks):
        """Of lips that were warped, what is not within the mouth that they are now.

        Args:
            lips: float32 `[B, S, S, 1]`.
            landmarks: float32 `[B, 68, 2]` of the mouth now.

        Returns:
            float32 `[B, S, S, 1]`; 0 where the mouth is open.
        """
        opening = self.inner(ops.cast(landmarks, "float32"))
        return ops.minimum(lips, 1.0 - opening)

    def even_out(self, image, lips, gain):
        """`[B, H, W, 3]` whose lips have the usual colour."""
        light = ops.cast(image, "float32") + (1.0 + BLACK)
        return light * (1.0 + lips * (gain - 1.0)) - (1.0 + BLACK)

    def restore(self, image, lips, gain):
        """What `even_out` did, undone."""
        light = ops.cast(image, "float32") + (1.0 + BLACK)
        return light / (1.0 + lips * (gain - 1.0)) - (1.0 + BLACK)

    def compute_output_shape(self, image_shape, landmarks_shape=None, lips_shape=None):
        return (image_shape[0], 1, 1, 3)

    def get_config(self):
        return {**super().get_config(), "size": self.size}
