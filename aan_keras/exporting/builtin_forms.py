"""The forms of a layer of which a converter makes standard operators."""

import keras
import tensorflow as tf

from aan_keras.exporting.sampling import sample_in_litert, warp_in_litert
from aan_keras.layers.runtime_forms import runtime_forms


def builtin_forms():
    """Scope in which TensorFlow traces what becomes a TFLite or ONNX file.

    Sampling is gathering, for a batch of one; geometry is float32.
    """
    return runtime_forms(
        sample=sample_in_litert,
        warp=warp_in_litert,
        depth_to_space=tf.nn.depth_to_space,
        space_to_depth=tf.nn.space_to_depth,
        exact_matmul=keras.ops.matmul,
    )
