"""An image with less of its fine detail."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="aan_keras")
class FineDetail(keras.layers.Layer):
    """Scales what is finer than a few pixels, and leaves the rest.

        y = m(x) + amount * (x - m(x))

    m is the mean over `size` x `size` pixels, taken twice: close to a Gaussian with a
    variance of (size^2 - 1) / 6 pixels^2.

    Args:
        amount: of the fine detail; 1 changes nothing.
        size: side of the windows in pixels, odd. Windows end at the border.

    Input shape:
        `[B, H, W, C]`.

    Output shape:
        That of the input.

    Example:

    >>> FineDetail(0.5, 5)(image)

    Reference:
        Not in the paper.
    """

    def __init__(self, amount, size, **kwargs):
        super().__init__(**kwargs)
        if size < 1 or size % 2 == 0:
            raise ValueError(f"`size` must be odd and positive. Received: size={size}")
        self.amount = amount
        self.size = size

    def call(self, inputs):
        coarse = inputs
        for _ in range(2):
            coarse = ops.average_pool(coarse, self.size, strides=1, padding="same")
        return coarse + self.amount * (inputs - coarse)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "amount": self.amount, "size": self.size}
