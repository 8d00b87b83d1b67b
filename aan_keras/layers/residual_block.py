"""Residual block of two convolutions."""

import keras
from keras import ops

from aan_keras.layers.convolution import convolution


@keras.saving.register_keras_serializable(package="aan_keras")
class ResidualBlock(keras.layers.Layer):
    """Two 3x3 convolutions beside an identity path: `x + conv(act(conv(act(x))))`.

    The identity path is a 1x1 convolution where the number of channels changes.

    Args:
        filters: number of output channels.
        spectral_norm: normalize the kernels spectrally.
        negative_slope: of the leaky ReLU before each convolution.

    Input shape:
        `[B, h, w, C]`.

    Output shape:
        `[B, h, w, filters]`.

    Example:

    >>> aan_keras.layers.ResidualBlock(16)(keras.random.normal((1, 8, 8, 16))).shape
    (1, 8, 8, 16)

    Reference:
        He et al., "Identity Mappings in Deep Residual Networks", 2016.
    """

    def __init__(self, filters, spectral_norm=True, negative_slope=0.2, **kwargs):
        super().__init__(**kwargs)
        if filters < 1:
            raise ValueError(f"`filters` must be positive. Received: filters={filters}")
        self.filters = filters
        self.spectral_norm = spectral_norm
        self.negative_slope = negative_slope

    def build(self, input_shape):
        def conv(kernel_size, name):
            return convolution(
                self.filters,
                kernel_size,
                self.spectral_norm,
                dtype=self.dtype_policy,
                trainable=self.trainable,
                name=name,
            )

        hidden_shape = (*input_shape[:-1], self.filters)
        self.conv_1, self.conv_2 = conv(3, "conv_1"), conv(3, "conv_2")
        self.conv_1.build(input_shape)
        self.conv_2.build(hidden_shape)
        self.shortcut = None
        if input_shape[-1] != self.filters:
            self.shortcut = conv(1, "shortcut")
            self.shortcut.build(input_shape)
        self.built = True

    def call(self, inputs, training=None):
        x = self.conv_1(ops.leaky_relu(inputs, self.negative_slope))
        x = self.conv_2(ops.leaky_relu(x, self.negative_slope))
        return x + (inputs if self.shortcut is None else self.shortcut(inputs))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.filters)

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "filters": self.filters,
                "spectral_norm": self.spectral_norm,
                "negative_slope": self.negative_slope,
            }
        )
        return config
