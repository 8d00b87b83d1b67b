"""Tensors as requests carry them."""

import math

import numpy as np
import tensorflow as tf

from aan_keras.serving.status_error import StatusError

# More does not fit into a message either, and a shape alone costs nothing to write.
_MOST_BYTES = 2**31 - 1
# An empty string in memory.
_STRING_BYTES = 24


def to_array(name, proto):
    """A `TensorProto` as TensorFlow's runtime reads it.

    Args:
        name: of the input, for the message.
        proto: from anybody.

    Returns:
        NumPy array; of `bytes` objects for strings.

    Raises:
        StatusError: INVALID_ARGUMENT.
    """
    try:
        dtype = tf.as_dtype(proto.dtype)
        sizes = [axis.size for axis in proto.tensor_shape.dim]
        item = _STRING_BYTES if dtype == tf.string else dtype.size
        if math.prod(sizes) * item > _MOST_BYTES:
            raise ValueError(f"shape {sizes} is too large")
        return tf.io.parse_tensor(proto.SerializeToString(), dtype).numpy()
    except (tf.errors.OpError, TypeError, ValueError) as error:
        message = f"tensor parsing error: {name}"
        raise StatusError("INVALID_ARGUMENT", message) from error


def to_proto(array):
    """The `TensorProto` of an array."""
    array = np.asarray(array)
    return tf.make_tensor_proto(array, shape=array.shape)
