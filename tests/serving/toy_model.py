"""A SavedModel that loads in no time, for what has nothing to do with faces."""

import tensorflow as tf


class ToyModel(tf.Module):
    """`y = factor * x`, the length of files, and a pair of outputs."""

    def __init__(self, factor):
        super().__init__()
        self.factor = tf.Variable(float(factor))

    def scale(self, x):
        return {"y": self.factor * x}

    def measure(self, data_bytes):
        size = tf.strings.length(data_bytes)
        return {"size": size, "copy_bytes": data_bytes}


def write_toy(path, factor):
    """The SavedModel at `path`: `base/version`."""
    model = ToyModel(factor)
    x = tf.TensorSpec((None, 2), tf.float32, "x")
    data = tf.TensorSpec((None,), tf.string, "data_bytes")
    signatures = {
        "serving_default": tf.function(model.scale).get_concrete_function(x=x),
        "measure": tf.function(model.measure).get_concrete_function(data_bytes=data),
    }
    tf.saved_model.save(model, str(path), signatures=signatures)
