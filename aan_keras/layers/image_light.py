"""An image as light, whose logarithm can be taken."""

from keras import ops

# Of light: what an image in [-1, 1] has at -1.
BLACK = 0.02
_LITTLE = 1e-4


def light_of(image):
    """float32 `[B, H, W, C]`, at least `BLACK`, of an image in [-1, 1]."""
    # What a filter has made to swing over has a logarithm too.
    return ops.maximum(ops.cast(image, "float32"), -1.0) + (1.0 + BLACK)


def mean_light(light, where, otherwise=1.0):
    """Mean over a mask, and `otherwise` where that is empty.

    Args:
        light: float32 `[B, H, W, C]`.
        where: float32 `[B, H, W, 1]` from 0 to 1.
        otherwise: number, or `[B, 1, 1, C]` or less.

    Returns:
        float32 `[B, 1, 1, C]`.
    """
    total = ops.sum(where * light, axis=(1, 2), keepdims=True)
    area = ops.sum(where, axis=(1, 2), keepdims=True)
    return (total + _LITTLE * otherwise) / (area + _LITTLE)
