"""The one place where a net chooses between spectral and plain convolution."""

import keras

from aan_keras.layers.spectral_conv2d import SpectralConv2D


def convolution(filters, kernel_size, spectral_norm=True, **kwargs):
    """A "same" convolution, spectrally normalized as the paper's or plain.

    Args:
        filters: number of output channels.
        kernel_size: side of the kernel.
        spectral_norm: `SpectralConv2D` if true, else `keras.layers.Conv2D`.
        **kwargs: further arguments of either layer.

    Returns:
        A layer that maps `[B, h, w, C]` to `[B, h / strides, w / strides, filters]`.
    """
    layer = SpectralConv2D if spectral_norm else keras.layers.Conv2D
    kwargs.setdefault("kernel_initializer", "he_normal")
    return layer(filters, kernel_size, padding="same", **kwargs)
