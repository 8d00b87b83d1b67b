"""Matrix products that geometry can rely on, on every device."""

import functools

import keras
from keras import ops

from aan_keras.layers.runtime_forms import form_of


def exact_matmul(a, b):
    """`ops.matmul` of float32 with float32's accuracy on GPUs and TPUs too.

    There the factors of a float32 product are cut to 11 bits (TF32; to 8 on TPUs) by
    default. Convolutions bear that. A spline does not, since solving it magnifies the
    error: on such a GPU no landmark was followed. JAX is told so here. TensorFlow has
    but a switch for the whole process, which is not ours to turn: where it sees a GPU
    or TPU, and in exports for model servers, the product is made in float64. PyTorch
    does not cut by default.

    Args:
        a: float32 `[..., N, K]`.
        b: float32 `[..., K, M]` or `[K]`.

    Returns:
        float32 `[..., N, M]`.

    Reference:
        Ootomo and Yokota, "Recovering single precision accuracy from Tensor Cores",
        IJHPCA 2022, for the size of the error.
    """
    form = form_of(exact_matmul)
    if form is not exact_matmul:
        return form(a, b)
    backend = keras.backend.backend()
    if backend == "tensorflow" and _sees_accelerator():
        return double_matmul(a, b)
    if backend == "jax":
        import jax

        with jax.default_matmul_precision("float32"):
            return ops.matmul(a, b)
    return ops.matmul(a, b)


def double_matmul(a, b):
    """The form that no device cuts: float32 `a`, `b` and result, float64 between."""
    a, b = (ops.cast(x, "float64") for x in (a, b))
    return ops.cast(ops.matmul(a, b), "float32")


@functools.cache
def _sees_accelerator():
    import tensorflow as tf

    return any(tf.config.list_physical_devices(kind) for kind in ("GPU", "TPU"))
