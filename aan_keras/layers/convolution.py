"""The one place where a net chooses between spectral and plain convolution."""

import keras
from keras import ops

from aan_keras.layers.spectral_conv2d import SpectralConv2D


def convolution(filters, kernel_size, spectral_norm=True, **kwargs):
    """A "same" convolution, spectrally normalized as the paper's or plain.

    Args:
        filters: number of output channels.
        kernel_size: side of the kernel.
        spectral_norm: `SpectralConv2D` if true, else `keras.layers.Conv2D`.
        **kwargs: further arguments of either layer. The composite layers hand on their
            `dtype`, and their `trainable`: a config says it of the outer layer alone.

    Returns:
        A layer that maps `[B, h, w, C]` to `[B, h / strides, w / strides, filters]`.
    """
    layer = SpectralConv2D if spectral_norm else keras.layers.Conv2D
    kwargs.setdefault("kernel_initializer", "he_normal")
    # Whatever Keras' own setting is.
    kwargs.setdefault("data_format", "channels_last")
    return layer(filters, kernel_size, padding="same", **kwargs)


def inference_kernel(layer):
    """The kernel that a layer of `convolution` convolves with in inference.

    Args:
        layer: `SpectralConv2D` or `keras.layers.Conv2D`, built.

    Returns:
        `[h, w, C, filters]`, of the layer's `compute_dtype`.
    """
    spectral = isinstance(layer, SpectralConv2D)
    kernel = layer.normalized_kernel() if spectral else layer.kernel
    return ops.cast(kernel, layer.compute_dtype)
