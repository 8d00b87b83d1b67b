"""Forms of operations that an exported graph is made of."""

import math

import numpy as np
import tensorflow as tf
from keras import ops

from aan_keras.exporting.double_product import double_product
from aan_keras.layers.flow_warp import warp
from aan_keras.layers.sampling import sample

# Fewer channels than this are copied beside each other rather than broadcast: a
# broadcast product runs channel row by channel row.
_FEW_CHANNELS = 16


def sample_in_tensorflow(features, x, y, padding="border"):
    """`bilinear_sample` as one operation, `CropAndResize` to crops of one pixel.

    Features of one row serve all rows of coordinates.
    """
    if not _croppable(features, padding):
        return sample(features, x, y, padding)
    _, h, w, _ = features.shape
    # Side by side by a product with a constant, faster than by a stack.
    places = tf.stack([tf.reshape(x, (-1,)), tf.reshape(y, (-1,))])
    to_boxes = _to_boxes(1 / (h - 1), 1 / (w - 1))
    # Exact, as a place in the image cut to 11 bits is off by a sixteenth of a pixel.
    boxes = double_product(tf.transpose(places), to_boxes)
    return _crop_pixels(features, boxes, tf.shape(x)[0], x.shape[1:])


def warp_in_tensorflow(features, flow, height, width, padding):
    """`FlowWarp` as `CropAndResize`, whose boxes are made on the flow's grid.

    Features of one row serve all flows.
    """
    if not _croppable(features, padding):
        return warp(features, flow, height, width, padding)
    _, h, w, _ = features.shape
    _, flow_height, flow_width, _ = flow.shape
    scale = h / flow_height / (h - 1), w / flow_width / (w - 1)
    # Not exact on a GPU: of what is added to a place, 11 bits are enough.
    boxes = tf.matmul(tf.reshape(flow, (-1, 2)), _to_boxes(*scale))
    boxes = tf.reshape(boxes, (-1, flow_height, flow_width, 4))
    if (flow_height, flow_width) != (height, width):
        boxes = ops.image.resize(boxes, (height, width), interpolation="bilinear")
    y, x = (
        ((np.arange(size) + 0.5) * (side / size) - 0.5) / (side - 1)
        for size, side in ((height, h), (width, w))
    )
    y, x = np.meshgrid(y, x, indexing="ij")
    boxes += np.stack([y, x, y, x], -1).astype("float32")
    boxes = tf.reshape(boxes, (-1, 4))
    return _crop_pixels(features, boxes, tf.shape(flow)[0], (height, width))


def _croppable(features, padding):
    """Whether `CropAndResize`, which gives float32, gives what the usual form does."""
    large = min(features.shape[1:3]) >= 2
    return large and padding == "border" and features.dtype == tf.float32


def _to_boxes(y_scale, x_scale):
    """`[2, 4]`: (x, y) to a box without extent (y, x, y, x)."""
    return np.array([[0, x_scale] * 2, [y_scale, 0] * 2], "float32")


def _crop_pixels(features, boxes, rows, shape):
    """`[rows, *shape, C]` of the pixels at `boxes`, 0 and 1 being the borders."""
    index = tf.expand_dims(tf.range(rows) % tf.shape(features)[0], 1)
    index = tf.broadcast_to(index, (rows, math.prod(shape)))
    pixels = tf.raw_ops.CropAndResize(
        image=features,
        # Within 0 and 1 no rounding leads out of the image.
        boxes=tf.clip_by_value(boxes, 0.0, 1.0),
        box_ind=tf.reshape(index, (-1,)),
        crop_size=(1, 1),
    )
    return tf.reshape(pixels, (-1, *shape, features.shape[-1]))


def sample_in_litert(features, x, y, padding="border"):
    """`bilinear_sample` of a batch of one, of operations that are fast in LiteRT."""
    if padding != "border" or min(features.shape[1:3]) < 2:
        return sample(features, x, y, padding)
    _, h, w, channels = features.shape
    x0, y0, right, lower = _corners(x, y, h, w)
    copies = _copies(channels)
    right, lower = (
        tf.matmul(tf.reshape(share, (-1, 1)), np.ones((1, copies), "float32"))
        for share in (right, lower)
    )
    mixed = _mix(features, tf.reshape(y0 * w + x0, (-1,)), right, lower)
    return tf.reshape(mixed, (*x.shape, channels))


def warp_in_litert(features, flow, height, width, padding):
    """`FlowWarp` of a batch of one: x and y stay beside each other to the end."""
    _, h, w, channels = features.shape
    _, flow_height, flow_width, _ = flow.shape
    squares = h == w >= 2 and height == width and flow_height == flow_width
    if padding != "border" or not squares:
        return warp(features, flow, height, width, padding)
    flow = flow * (w / flow_width)
    if flow_height != height:
        flow = ops.image.resize(flow, (height, width), interpolation="bilinear")
    axis = (np.arange(height) + 0.5) * (h / height) - 0.5
    grid = np.stack(np.meshgrid(axis, axis), -1)[None].astype("float32")
    place = tf.clip_by_value(flow + grid, 0.0, w - 1.0)
    corner = tf.minimum(tf.floor(place), w - 2.0)
    share, corner = (tf.reshape(v, (-1, 2)) for v in (place - corner, corner))
    # Products with constants take the columns apart, faster than slices do.
    first = tf.reshape(tf.matmul(corner, np.array([[1], [w]], "float32")), (-1,))
    copies = np.ones(_copies(channels), "float32")
    right = tf.matmul(share, np.stack([copies, 0 * copies]))
    lower = tf.matmul(share, np.stack([0 * copies, copies]))
    mixed = _mix(features, first, right, lower)
    return tf.reshape(mixed, (1, height, width, channels))


def _copies(channels):
    return channels if channels < _FEW_CHANNELS else 1


def _mix(features, first, right, lower):
    """Rows `[N, C]` of the pixels that begin at the float indices `first`.

    Shares are `[N, C]` or `[N, 1]`.
    """
    _, _, w, channels = features.shape
    flat = tf.reshape(features, (-1, channels))

    def corner(offset):
        # Added as a float, as long as that is exact: integers are slow in LiteRT.
        return tf.gather(flat, tf.cast(first + offset, tf.int32))

    if right.shape[-1] == channels:
        above, below = corner(0.0), corner(float(w))
        above += (corner(1.0) - above) * right
        below += (corner(w + 1.0) - below) * right
        return above + (below - above) * lower
    left, upper = 1.0 - right, 1.0 - lower
    return (
        corner(0.0) * (upper * left)
        + corner(1.0) * (upper * right)
        + corner(float(w)) * (lower * left)
        + corner(w + 1.0) * (lower * right)
    )


def _corners(x, y, height, width):
    """Upper left pixel and the shares of its right and lower neighbours.

    On the last column the left neighbour is taken with a share of 1 to its right, so
    that both are inside of the image.
    """
    x = tf.clip_by_value(x, 0.0, width - 1.0)
    y = tf.clip_by_value(y, 0.0, height - 1.0)
    x0 = tf.minimum(tf.floor(x), width - 2.0)
    y0 = tf.minimum(tf.floor(y), height - 2.0)
    return x0, y0, x - x0, y - y0
