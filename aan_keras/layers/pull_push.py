"""Filling of holes in images."""

from keras import ops

_EPSILON = 1e-4
# As published, one known pixel of four makes their square known. Half of one is enough
# here: what is filled in is then nearer to what it is filled in from.
_GAIN = 8.0


def pull_push(images, weights):
    """Fills in what is not known of an image from what is known around it.

    Means of known pixels are taken over ever larger squares ("pull"); from the
    coarsest grid down, what a grid does not know comes from the next coarser one
    ("push"). Smooth, at the cost of a few poolings, and made of builtins of TFLite.

    Args:
        images: `[B, h, w, C]`.
        weights: `[B, h, w, 1]` from 0 (not known) to 1.

    Returns:
        `[B, h, w, C]`; `images` where `weights` is 1.

    Reference:
        Gortler, Grzeszczuk, Szeliski and Cohen, "The Lumigraph", SIGGRAPH 1996,
        section 3.4.1, with bilinear instead of quadratic kernels.
    """
    # Colours are kept times their weight.
    levels = [(images * weights, weights)]
    height, width = images.shape[1:3]
    while not (height % 2 or width % 2):
        height, width = height // 2, width // 2
        colours, known = (
            _GAIN * ops.average_pool(part, 2, strides=2, data_format="channels_last")
            for part in levels[-1]
        )
        # A square knows no more than all of itself.
        scale = 1.0 / ops.maximum(known, 1.0)
        levels.append((colours * scale, known * scale))
    colours, known = levels.pop()
    total = ops.sum(known, axis=(1, 2), keepdims=True)
    filled = ops.sum(colours, axis=(1, 2), keepdims=True) / (total + _EPSILON)
    filled = colours + (1.0 - known) * filled
    for colours, known in reversed(levels):
        size = colours.shape[1:3]
        filled = ops.image.resize(
            filled, size, interpolation="bilinear", data_format="channels_last"
        )
        filled = colours + (1.0 - known) * filled
    return filled
