"""Resizing of square images, by operations that TFLite has."""

from keras import ops


def shrink(image, size):
    """Resizes `[B, S, S, C]` to `[B, size, size, C]` without aliasing.

    Averages, then interpolates what is left: both are builtins of TFLite, which has
    no antialiased resize.
    """
    factor = image.shape[1] // size
    if factor > 1:
        image = ops.average_pool(
            image, factor, strides=factor, data_format="channels_last"
        )
    return resize(image, size)


def resize(image, size):
    """Resizes `[B, S, S, C]` to `[B, size, size, C]`, bilinearly."""
    if image.shape[1] == size:
        return image
    return ops.image.resize(
        image, (size, size), interpolation="bilinear", data_format="channels_last"
    )
