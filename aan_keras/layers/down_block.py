"""Down-convolution block of the U-Nets."""

import keras
from keras import ops

from aan_keras.layers.convolution import convolution


@keras.saving.register_keras_serializable(package="aan_keras")
class DownBlock(keras.layers.Layer):
    """A 3x3 convolution of stride 2, then leaky ReLU: halves the resolution.

    Args:
        filters: number of output channels.
        spectral_norm: normalize the kernel spectrally.
        negative_slope: of the leaky ReLU.

    Input shape:
        `[B, h, w, C]`.

    Output shape:
        `[B, ceil(h / 2), ceil(w / 2), filters]`.

    Reference:
        Ronneberger et al., "U-Net", 2015, with strides in place of pooling.
    """

    def __init__(self, filters, spectral_norm=True, negative_slope=0.2, **kwargs):
        super().__init__(**kwargs)
        if filters < 1:
            raise ValueError(f"`filters` must be positive. Received: filters={filters}")
        self.filters = filters
        self.spectral_norm = spectral_norm
        self.negative_slope = negative_slope
        self.conv = convolution(
            filters,
            3,
            spectral_norm,
            strides=2,
            dtype=self.dtype_policy,
            trainable=self.trainable,
            name="conv",
        )

    def build(self, input_shape):
        self.conv.build(input_shape)
        self.built = True

    def call(self, inputs, training=None):
        return ops.leaky_relu(self.conv(inputs), self.negative_slope)

    def compute_output_shape(self, input_shape):
        return self.conv.compute_output_shape(input_shape)

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
