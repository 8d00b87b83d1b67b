"""Twofold enlargement that keeps detail."""

import keras
from keras import ops

# Keys' cubic convolution kernel (a = -1/2) at the distances 1.25, 0.25, 0.75 and 1.75
# of the four nearest pixels from a point a quarter pixel after a pixel's centre.
TAPS = (-0.0703125, 0.8671875, 0.2265625, -0.0234375)


@keras.saving.register_keras_serializable(package="aan_keras")
class CubicUpsampling(keras.layers.Layer):
    """Doubles height and width by cubic convolution.

    Bilinear sampling of an image at arbitrary places blurs it; of its enlargement it
    nearly does not. Made of shifted sums, since TFLite has no bicubic builtin. The
    image is continued by its mirror image at the borders.

    Input shape:
        `[B, h, w, C]`, h and w at least 2.

    Output shape:
        `[B, 2 h, 2 w, C]`.

    Reference:
        Keys, "Cubic convolution interpolation for digital image processing", 1981;
        inside, equal to `tf.image.resize(method="bicubic")`.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)

    def call(self, images):
        return _double(_double(images, 1), 2)

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        return (
            batch,
            None if height is None else 2 * height,
            None if width is None else 2 * width,
            channels,
        )


def _double(images, axis):
    """Doubles axis 1 or 2."""
    size = ops.shape(images)[axis]

    def lines(first, last):
        piece = [slice(None)] * 4
        piece[axis] = slice(first, last)
        return tuple(piece)

    # The mirror images at the ends, line by line: `ops.pad(mode="symmetric")` leaves
    # the border line itself out on PyTorch.
    before = [images[lines(i, i + 1)] for i in (1, 0)]
    after = [images[lines(i, i + 1)] for i in (size - 1, size - 2)]
    padded = ops.concatenate([*before, images, *after], axis=axis)

    def weighted(first, taps):
        total = 0.0
        for i, tap in enumerate(taps):
            total = total + tap * padded[lines(first + i, first + i + size)]
        return total

    pair = ops.stack([weighted(0, TAPS[::-1]), weighted(1, TAPS)], axis=axis + 1)
    shape = list(ops.shape(images))
    shape[0], shape[axis] = -1, 2 * size
    return ops.reshape(pair, shape)
