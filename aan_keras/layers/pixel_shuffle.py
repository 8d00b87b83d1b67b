"""Up-scaling by moving channels into space."""

import keras
from keras import ops

from aan_keras.layers.runtime_forms import form_of

SUB_PIXELS = "sub_pixels"


@keras.saving.register_keras_serializable(package="aan_keras")
class PixelShuffle(keras.layers.Layer):
    """Rearranges `scale * scale` groups of channels into a `scale` times larger image.

    The channel order is TensorFlow's `depth_to_space`: with `C` output channels, input
    channel `(dy * scale + dx) * C + c` becomes output pixel `(dy, dx)` of channel `c`.
    PyTorch's `PixelShuffle` expects channel `(c * scale + dy) * scale + dx`; a kernel
    ported from PyTorch needs its output channels permuted.

    Args:
        scale: int, factor of height and width; 1 leaves the input as it is.
        data_format: `"channels_last"`, `"channels_first"` or None (Keras' setting).

    Input shape:
        `[batch, height, width, channels * scale * scale]`; in `channels_first` the
        channels come second.

    Output shape:
        `[batch, height * scale, width * scale, channels]`.

    Example:

    >>> PixelShuffle(2)(keras.ops.ones((1, 8, 8, 12))).shape
    (1, 16, 16, 3)

    Reference:
        [Shi et al., "Real-Time Single Image and Video Super-Resolution Using an
        Efficient Sub-Pixel Convolutional Neural Network", CVPR 2016](
        https://arxiv.org/abs/1609.05158)
    """

    def __init__(self, scale=2, data_format=None, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(scale, int) or scale < 1:
            raise ValueError(
                f"`scale` must be a positive integer. Received: scale={scale}"
            )
        data_format = data_format or keras.config.image_data_format()
        if data_format not in ("channels_last", "channels_first"):
            raise ValueError(
                '`data_format` must be "channels_last" or "channels_first". '
                f"Received: data_format={data_format}"
            )
        self.scale = scale
        self.data_format = data_format

    def call(self, inputs):
        if self.data_format == "channels_first":
            inputs = ops.transpose(inputs, (0, 2, 3, 1))
        x = form_of(depth_to_space)(inputs, self.scale)
        if self.data_format == "channels_first":
            x = ops.transpose(x, (0, 3, 1, 2))
        return x

    def compute_output_shape(self, input_shape):
        last = self.data_format == "channels_last"
        batch, *rest = input_shape
        h, w, c = rest if last else (rest[1], rest[2], rest[0])
        if c is None or c % (self.scale * self.scale):
            raise ValueError(
                "The number of channels must be known and divisible by scale * scale. "
                f"Received: input_shape={tuple(input_shape)}, scale={self.scale}"
            )
        h = None if h is None else h * self.scale
        w = None if w is None else w * self.scale
        c //= self.scale * self.scale
        return (batch, h, w, c) if last else (batch, c, h, w)

    def build(self, input_shape):
        if len(input_shape) != 4:
            raise ValueError(
                "The input must have 4 axes. "
                f"Received: input_shape={tuple(input_shape)}"
            )
        self.compute_output_shape(input_shape)

    def get_config(self):
        return {
            **super().get_config(),
            "scale": self.scale,
            "data_format": self.data_format,
        }


def depth_to_space(inputs, scale):
    """`[B, h, w, C * scale^2]` to `[B, h * scale, w * scale, C]`."""
    _, h, w, c = ops.shape(inputs)
    # Four axes instead of the obvious six: rows of dy become rows of the image. Half
    # the time on a CPU.
    x = ops.reshape(inputs, (-1, w, scale, c // scale))  # [B*h, w, dy, dx*C]
    x = ops.transpose(x, (0, 2, 1, 3))  # [B*h, dy, w, dx*C]
    return ops.reshape(x, (-1, h * scale, w * scale, c // (scale * scale)))


def mark_sub_pixels(kernel, scale):
    """Notes on a kernel that a `PixelShuffle` comes next, for optimizers (`ConvMuon`).

    Args:
        kernel: variable `[..., channels * scale^2]` of the convolution before it.
        scale: the shuffle's.
    """
    setattr(kernel, SUB_PIXELS, scale * scale)
