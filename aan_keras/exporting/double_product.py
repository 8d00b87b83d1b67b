"""Matrix products that no device cuts."""

import tensorflow as tf


def double_product(a, b):
    """`exact_matmul` in float64 on every device, as one operation.

    That of `keras.ops` makes twenty of a batch of matrices times one matrix, and what
    TensorFlow takes to prepare a graph grows with their number.

    Args:
        a: float32 `[..., N, K]`.
        b: float32 `[..., K, M]` or `[K]`.

    Returns:
        float32 `[..., N, M]` or `[..., N]`.
    """
    a, b = (tf.cast(x, tf.float64) for x in (a, b))
    product = tf.linalg.matvec if b.shape.rank == 1 else tf.matmul
    return tf.cast(product(a, b), tf.float32)
