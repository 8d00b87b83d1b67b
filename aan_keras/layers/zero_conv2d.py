"""A convolution whose output starts at zero."""

import keras
from keras import ops

from aan_keras.layers.convolution import convolution


@keras.saving.register_keras_serializable(package="aan_keras")
class ZeroConv2D(keras.layers.Layer):
    """A head that starts at zero, so that a net starts as its prior.

    A spectrally normalized kernel can't be zero (it is divided by its own norm). There
    a trained gain for each channel starts at zero instead; a plain kernel starts at
    zero itself.

    Args:
        filters: number of output channels.
        kernel_size: side of the kernel.
        spectral_norm: normalize the kernel spectrally and multiply by the gain.

    Input shape:
        `[B, h, w, C]`.

    Output shape:
        `[B, h, w, filters]`.

    Reference:
        Zero start of residual paths: Goyal et al., "Accurate, Large Minibatch SGD",
        2017, section 5.1. Spectral normalization: Miyato et al., 2018.
    """

    def __init__(self, filters, kernel_size=3, spectral_norm=True, **kwargs):
        super().__init__(**kwargs)
        if filters < 1:
            raise ValueError(f"`filters` must be positive. Received: filters={filters}")
        self.filters = filters
        self.kernel_size = kernel_size
        self.spectral_norm = spectral_norm
        self.conv = convolution(
            filters,
            kernel_size,
            spectral_norm,
            kernel_initializer="he_normal" if spectral_norm else "zeros",
            dtype=self.dtype_policy,
            trainable=self.trainable,
            name="conv",
        )

    def build(self, input_shape):
        self.conv.build(input_shape)
        if self.spectral_norm:
            self.gain = self.add_weight(
                name="gain", shape=(self.filters,), initializer="zeros"
            )
        self.built = True

    def call(self, inputs, training=None):
        if not self.spectral_norm:
            return self.conv(inputs)
        return self.conv(inputs, training=training) * ops.cast(
            self.gain, self.compute_dtype
        )

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.filters)

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "filters": self.filters,
                "kernel_size": self.kernel_size,
                "spectral_norm": self.spectral_norm,
            }
        )
        return config
