"""The forms of a layer that TensorFlow infers with."""

from aan_keras.exporting.sampling import sample_in_tensorflow, warp_in_tensorflow
from aan_keras.layers.exact_matmul import double_matmul
from aan_keras.layers.runtime_forms import runtime_forms


def tensorflow_forms():
    """Scope in which TensorFlow traces what infers, and is not trained.

    A warp is one operation there, and products of geometry are made in float64 on
    every device. `aan_keras.reenact` and the SavedModel share these forms, so that
    their images differ by the roundings of convolutions alone.
    """
    return runtime_forms(
        sample=sample_in_tensorflow,
        warp=warp_in_tensorflow,
        exact_matmul=double_matmul,
    )
