"""Differentiable bilinear sampling of feature maps at float coordinates."""

from keras import ops


def bilinear_sample(features, x, y, padding="border"):
    """Samples `features` at pixel coordinates, bilinearly.

    The four corner reads are `take` along one flat axis: on CPU that is a row copy,
    it converts to the TFLite builtin GATHER, and it is differentiable on every
    backend.

    Args:
        features: `[B, h, w, C]`, any float dtype.
        x: float32 `[B, oh, ow]`, column in pixels, pixel centres at integers.
        y: float32 `[B, oh, ow]`, row in pixels.
        padding: `"border"` clamps coordinates to the image, `"zeros"` reads 0
            outside of it (as `grid_sample(..., align_corners=False)` in PyTorch).

    Returns:
        `[B, oh, ow, C]` in the dtype of `features`.

    Reference:
        Jaderberg et al., "Spatial Transformer Networks", 2015, Eq. 5.
    """
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
    wx, wy = x - x0, y - y0
    flat = ops.reshape(features, (-1, channels))
    first_row = ops.reshape(ops.arange(batch, dtype="int32") * (h * w), (-1, 1, 1))

    def corner(cx, cy, weight):
        if padding == "zeros":
            inside = (cx >= 0) & (cx <= w - 1) & (cy >= 0) & (cy <= h - 1)
            weight = ops.where(inside, weight, ops.zeros_like(weight))
        cx = ops.cast(ops.clip(cx, 0, w - 1), "int32")
        cy = ops.cast(ops.clip(cy, 0, h - 1), "int32")
        values = ops.take(flat, first_row + cy * w + cx, axis=0)
        return values * ops.cast(ops.expand_dims(weight, -1), features.dtype)

    return (
        corner(x0, y0, (1.0 - wx) * (1.0 - wy))
        + corner(x0 + 1.0, y0, wx * (1.0 - wy))
        + corner(x0, y0 + 1.0, (1.0 - wx) * wy)
        + corner(x0 + 1.0, y0 + 1.0, wx * wy)
    )


def pixel_grid(height, width):
    """Pixel-centre coordinates `(x, y)`, each float32 `[1, height, width]`."""
    x = ops.arange(width, dtype="float32")
    y = ops.arange(height, dtype="float32")
    x, y = ops.meshgrid(x, y)
    return ops.expand_dims(x, 0), ops.expand_dims(y, 0)
