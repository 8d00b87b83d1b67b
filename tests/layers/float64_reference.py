"""Textbook versions of the layers' parts, in float64 NumPy."""

import numpy as np

from tests.layers.check_layer import as_numpy


def conv2d(x, kernel, bias=0.0, strides=1):
    """ "Same" convolution with TensorFlow's padding (the odd row goes to the end)."""
    x, kernel = np.asarray(x, "float64"), np.asarray(kernel, "float64")
    size = kernel.shape[0]
    _, h, w, _ = x.shape
    rows, columns = -(-h // strides), -(-w // strides)
    pads = [max((n - 1) * strides + size - m, 0) for n, m in ((rows, h), (columns, w))]
    x = np.pad(x, [(0, 0), *((p // 2, p - p // 2) for p in pads), (0, 0)])
    out = np.zeros((len(x), rows, columns, kernel.shape[-1]))
    for dy in range(size):
        for dx in range(size):
            window = x[:, dy : dy + h + size, dx : dx + w + size]
            window = window[:, ::strides, ::strides][:, :rows, :columns]
            out += window @ kernel[dy, dx]
    return out + bias


def conv_layer(layer, x, strides=1):
    """What a `SpectralConv2D` (`W / v^T M u`) or a plain `Conv2D` should give."""
    kernel = as_numpy(layer.kernel).astype("float64")
    if hasattr(layer, "u"):
        matrix = kernel.reshape(-1, kernel.shape[-1])
        kernel = kernel / (as_numpy(layer.v) @ matrix @ as_numpy(layer.u))
    bias = as_numpy(layer.bias) if layer.use_bias else 0.0
    return conv2d(x, kernel, bias, strides)


def leaky_relu(x, negative_slope=0.2):
    return np.where(x > 0, x, negative_slope * x)


def resize_bilinear(x, height, width):
    """Half-pixel centres, borders repeated, no antialiasing."""
    x = np.asarray(x, "float64")

    def weights(new, old):
        position = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
        return np.maximum(0, 1 - np.abs(position[:, None] - np.arange(old)))

    rows, columns = weights(height, x.shape[1]), weights(width, x.shape[2])
    return np.einsum("ih,jw,bhwc->bijc", rows, columns, x)


def depth_to_space(x, scale):
    """`out[y * scale + dy, x * scale + dx, c] = x[y, x, (dy * scale + dx) * C + c]`."""
    b, h, w, c = x.shape
    out = np.zeros((b, h * scale, w * scale, c // scale**2), x.dtype)
    for dy in range(scale):
        for dx in range(scale):
            first = (dy * scale + dx) * out.shape[-1]
            block = x[..., first : first + out.shape[-1]]
            out[:, dy::scale, dx::scale] = block
    return out


def normalize(x, axes, epsilon=1e-5, mean=None, variance=None):
    """`(x - mean) / sqrt(variance + epsilon)`; statistics over `axes` unless given."""
    x = np.asarray(x, "float64")
    mean = x.mean(axes, keepdims=True) if mean is None else mean
    if variance is None:
        variance = np.square(x).mean(axes, keepdims=True) - np.square(mean)
    return (x - mean) / np.sqrt(variance + epsilon)
