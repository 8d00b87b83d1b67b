"""The forms of a layer that TensorFlow infers with."""

import tensorflow as tf

from aan_keras.exporting.double_product import double_product
from aan_keras.exporting.sampling import sample_in_tensorflow, warp_in_tensorflow
from aan_keras.layers.runtime_forms import runtime_forms

# What `Reenactor.paint` does not read of a code.
_NOT_PAINTED = {"anchor", "background", "body", "level", "lips", "lip_gain"}


def tensorflow_forms(model=None):
    """Scope in which TensorFlow traces what infers, and is not trained.

    A warp is one operation there, and products of geometry are made in float64 on
    every device. `aan_keras.reenact` and the SavedModel share these forms, and make
    the same frames to the bit.

    Args:
        model: `Reenactor` whose `paint` becomes a graph of its own. With an anchor both
            `encode_source` and `drive` paint, and most of what tracing takes is that.
    """
    forms = {}
    if hasattr(model, "paint"):
        forms["paint"] = _traced_once(model.paint)
    return runtime_forms(
        sample=sample_in_tensorflow,
        warp=warp_in_tensorflow,
        exact_matmul=double_product,
        **forms,
    )


def _traced_once(paint):
    graph = tf.function(paint, autograph=False)

    def traced(code, landmarks, training=None):
        read = {name: code[name] for name in code if name not in _NOT_PAINTED}
        return graph(read, landmarks, training)

    return traced
