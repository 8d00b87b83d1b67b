"""The two halves of a model as graphs."""

import tensorflow as tf


def trace_model(model, batch=None, drive=None, only_read=True, inline=True):
    """Traces `encode_source` and `drive`.

    Args:
        model: `Reenactor`.
        batch: number of sources; None leaves it open.
        drive: callable to trace instead of `model.drive`, with its arguments.
        only_read: leave out of the code what `drive` does not read. It is traced twice
            for that.
        inline: False keeps both functions of their own in the graphs that call them.
            TensorFlow's optimizer orders sums and products by what it knows of their
            shapes, which depends on the caller where it has merged the two.

    Returns:
        `(encode, drive, code)`: functions `encode(source, source_landmarks)` to the
        code and `drive(code, driving_landmarks)` to the image, both float32, and the
        list of `TensorSpec`s of that part of the code which `drive` takes.
    """
    size = model.image_size
    landmarks = tf.TensorSpec((batch, 68, 2), tf.float32, "landmarks")
    source = tf.TensorSpec((batch, size, size, 3), tf.float32, "source")
    options = {"autograph": False}
    if not inline:
        options["experimental_attributes"] = {"_noinline": True}
    encode = tf.function(model.encode_source, **options)
    encode = encode.get_concrete_function(source, landmarks)
    code = {
        name: tf.TensorSpec((batch, *tensor.shape[1:]), tensor.dtype, name)
        for name, tensor in encode.structured_outputs.items()
    }
    function = tf.function(drive or model.drive, **options)
    traced = function.get_concrete_function(code, landmarks)
    if only_read:
        # Placeholders come in the order of the flattened arguments, the dict's by name.
        placeholders = dict(zip(sorted(code), traced.graph.inputs))
        read = {name: code[name] for name in code if placeholders[name].consumers()}
        if len(read) < len(code):
            code, traced = read, function.get_concrete_function(read, landmarks)
    return encode, traced, list(code.values())
