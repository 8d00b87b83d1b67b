"""Leaky ReLU of a sum."""

from keras import ops


def leaky_relu(x, negative_slope):
    """`x` where it is positive, else `negative_slope * x`, as two operations.

    For sums that a convolution is part of. TensorFlow's graph optimizer makes one
    oneDNN operation of convolution, bias, sum and `LeakyRelu`, and that operation takes
    any slope for 0.2 (seen in 2.18 and 2.21); of a sum of two convolutions it fails to,
    and leaves the whole graph without such merging.

    Args:
        x: tensor of any shape.
        negative_slope: float.

    Returns:
        A tensor like `x`.
    """
    choose = ops.maximum if negative_slope <= 1 else ops.minimum
    return choose(x, negative_slope * x)
