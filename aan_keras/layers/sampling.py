"""Differentiable bilinear sampling of feature maps at float coordinates."""

import numpy as np
from keras import ops

from aan_keras.layers.known_size import known_size
from aan_keras.layers.runtime_forms import form_of
from aan_keras.layers.take_known import take_known

# Whole numbers up to here are float32.
_EXACT = 2**24


def bilinear_sample(features, x, y, padding="border"):
    """Samples `features` at pixel coordinates, bilinearly.

    The four corner reads are gathers along one flat axis: on CPU that is a row copy,
    it converts to the TFLite builtin GATHER, and it is differentiable on every
    backend.

    Args:
        features: `[B, h, w, C]`, any float dtype; h and w known.
        x: float32 `[B, oh, ow]`, column in pixels, pixel centres at integers.
        y: float32 `[B, oh, ow]`, row in pixels.
        padding: `"border"` clamps coordinates to the image, `"zeros"` reads 0
            outside of it (as `grid_sample(..., align_corners=False)` in PyTorch).

    Returns:
        `[B, oh, ow, C]` in the dtype of `features`.

    Reference:
        Jaderberg et al., "Spatial Transformer Networks", 2015, Eq. 5.
    """
    known_size(features)
    return form_of(sample)(features, x, y, padding)


def sample(features, x, y, padding="border"):
    """The usual form of `bilinear_sample`."""
    _, h, w, channels = features.shape
    batch = ops.shape(features)[0]
    if padding == "border":
        x = ops.clip(x, 0.0, w - 1.0)
        y = ops.clip(y, 0.0, h - 1.0)
    else:
        # Beyond one pixel outside everything is zero; keeps int casts in range.
        x = ops.clip(x, -2.0, w + 1.0)
        y = ops.clip(y, -2.0, h + 1.0)
    x0, y0 = ops.floor(x), ops.floor(y)
    x1, y1 = x0 + 1.0, y0 + 1.0
    right, lower = x - x0, y - y0
    left, upper = 1.0 - right, 1.0 - lower
    if padding == "zeros":
        left, right = _inside(x0, w, left), _inside(x1, w, right)
        upper, lower = _inside(y0, h, upper), _inside(y1, h, lower)
        x0, y0 = ops.clip(x0, 0.0, w - 1.0), ops.clip(y0, 0.0, h - 1.0)
        x1, y1 = ops.maximum(x1, 0.0), ops.maximum(y1, 0.0)
    x1, y1 = ops.minimum(x1, w - 1.0), ops.minimum(y1, h - 1.0)
    flat = ops.reshape(features, (-1, channels))
    first_row = ops.reshape(ops.arange(batch, dtype="int32") * (h * w), (-1, 1, 1))

    def corner(row, column, weight):
        # In float as long as it is exact: integers are slow in TFLite.
        if h * w > _EXACT:
            row, column = ops.cast(row, "int32"), ops.cast(column, "int32")
        index = first_row + ops.cast(row * w + column, "int32")
        values = take_known(flat, index)
        return values * ops.cast(ops.expand_dims(weight, -1), features.dtype)

    return (
        corner(y0, x0, upper * left)
        + corner(y0, x1, upper * right)
        + corner(y1, x0, lower * left)
        + corner(y1, x1, lower * right)
    )


def _inside(place, size, weight):
    """`weight` where `place` is one of `size` pixels, else 0."""
    present = (place >= 0) & (place <= size - 1)
    return ops.where(present, weight, ops.zeros_like(weight))


def pixel_axes(height, width):
    """Pixel-centre coordinates: float32 x `[1, 1, width]` and y `[1, height, 1]`."""
    # By NumPy, so that a graph holds the values alone.
    x = np.arange(width, dtype="float32").reshape(1, 1, -1)
    y = np.arange(height, dtype="float32").reshape(1, -1, 1)
    return ops.convert_to_tensor(x), ops.convert_to_tensor(y)
