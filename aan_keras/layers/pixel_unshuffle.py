"""Down-scaling by moving space into channels."""

import keras
from keras import ops

from aan_keras.layers.runtime_forms import form_of


@keras.saving.register_keras_serializable(package="aan_keras")
class PixelUnshuffle(keras.layers.Layer):
    """Inverse of `PixelShuffle`: no detail is lost, only moved into channels.

    Args:
        scale: int, divisor of height and width.

    Input shape:
        `[B, h * scale, w * scale, C]`.

    Output shape:
        `[B, h, w, C * scale * scale]`, in the channel order of TensorFlow's
        `space_to_depth`: pixel `(dy, dx)` of channel `c` becomes channel
        `(dy * scale + dx) * C + c`.

    Reference:
        Shi et al., "Real-Time Single Image and Video Super-Resolution ...", 2016.
    """

    def __init__(self, scale=2, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(scale, int) or scale < 1:
            raise ValueError(
                f"`scale` must be a positive integer. Received: scale={scale}"
            )
        self.scale = scale

    def build(self, input_shape):
        self.compute_output_shape(input_shape)

    def call(self, inputs):
        # Built once, a layer may be called with other sizes.
        self.compute_output_shape(inputs.shape)
        return form_of(space_to_depth)(inputs, self.scale)

    def compute_output_shape(self, input_shape):
        batch, h, w, c = input_shape
        r = self.scale
        if any(isinstance(n, int) and n % r for n in (h, w)):
            raise ValueError(
                "Height and width must be divisible by `scale`. "
                f"Received: input_shape={tuple(input_shape)}, scale={r}"
            )
        h, w = (None if n is None else n // r for n in (h, w))
        return (batch, h, w, c * r * r)

    def get_config(self):
        config = super().get_config()
        config.update({"scale": self.scale})
        return config


def space_to_depth(inputs, scale):
    """`[B, h * scale, w * scale, C]` to `[B, h, w, C * scale^2]`."""
    batch, h, w, c = ops.shape(inputs)
    # Where sizes are known when the graph runs only, a -1 would take the rest of what
    # `scale` does not divide for another image.
    unknown = None in inputs.shape[1:3]
    rows = batch * (h // scale) if unknown else -1
    # [B*h/scale, dy, w/scale, dx*C]
    x = ops.reshape(inputs, (rows, scale, w // scale, scale * c))
    x = ops.transpose(x, (0, 2, 1, 3))  # [B*h/scale, w/scale, dy, dx*C]
    return ops.reshape(x, (-1, h // scale, w // scale, scale * scale * c))
