"""Resizing of a condition to the grid of features."""

from keras import ops

from aan_keras.layers.take_known import take_known


def resize_like(images, features, interpolation="bilinear"):
    """Images at the height and width of features, known or not.

    Args:
        images: `[B, H, W, C]`.
        features: `[B, h, w, any]`.
        interpolation: `"bilinear"` or `"nearest"`.

    Returns:
        `[B, h, w, C]`, what `ops.image.resize` gives; `images` if the sizes are equal.
    """
    size = tuple(features.shape[1:3])
    if None in size:
        for axis in (1, 2):
            images = _resize(images, ops.shape(features)[axis], axis, interpolation)
        return images
    if tuple(images.shape[1:3]) == size:
        return images
    return ops.image.resize(
        images, size, interpolation=interpolation, data_format="channels_last"
    )


def _resize(images, size, axis, interpolation):
    """One axis, for `ops.image.resize` takes ints only."""
    old = ops.shape(images)[axis]
    ratio = ops.cast(old, "float32") / ops.cast(size, "float32")
    centres = (ops.cast(ops.arange(size), "float32") + 0.5) * ratio

    def lines(place):
        place = ops.clip(ops.cast(place, "int32"), 0, old - 1)
        return take_known(images, place, axis=axis)

    if interpolation == "nearest":
        return lines(ops.floor(centres))
    first = ops.floor(centres - 0.5)
    shape = [1] * 4
    shape[axis] = -1
    weight = ops.reshape(centres - 0.5 - first, shape)
    before, after = (ops.cast(lines(x), "float32") for x in (first, first + 1.0))
    return ops.cast(before + (after - before) * weight, images.dtype)
