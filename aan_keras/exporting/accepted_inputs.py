"""What the exported graph refuses before it computes anything."""

import tensorflow as tf

# Landmarks further away than this many crops are a mistake, not a pose.
_FARTHEST = 16
# A longer answer fits into no message: refused before hours are spent on it.
_MOST_BYTES = 2**31 - 1


def accepted_inputs(image_size, frame_bytes=None, **inputs):
    """The same tensors, each of which waits until all of them have been checked.

    A graph runs an operation as soon as its inputs are there, beside or before an
    assertion that merely stands above it in the code. A net would then meet refused
    values, and its error could come first: oneDNN's convolution gives an empty batch
    the depth of its input, which the next one rejects, and rows that are missing in
    one input are looked up in vain.

    The checks run one after another, so that a request gets the same message whenever
    it comes: shapes, rows, frames, landmarks.

    Args:
        image_size: side S of the model's crops.
        frame_bytes: of an answer, for each frame of a clip; None: of the image.
        **inputs: tensors by their names in the signature. The first axis of each is
            the batch. `*_landmarks` are float32 `[B, 68, 2]`, of a clip
            `[B, T, 68, 2]`, in pixels of the S x S crop.

    Returns:
        dict of tensors with the same names.

    Raises:
        tf.errors.InvalidArgumentError: when the graph runs, for a shape other than
            the tensor announces, unequal numbers of rows or none, a clip without
            frames or with more than an answer can hold, landmarks that are not finite
            or more than 16 crops away.
    """
    # A session feeds any shape into a placeholder, whatever shape that announces.
    inputs = {
        name: tf.ensure_shape(tensor, tensor.shape, name=f"shape_of_{name}")
        for name, tensor in inputs.items()
    }
    landmarks = {
        name: tensor for name, tensor in inputs.items() if name.endswith("_landmarks")
    }
    most = _MOST_BYTES // (frame_bytes or 3 * image_size**2)
    checks = [lambda: _check_rows(inputs.values())]
    for name, tensor in landmarks.items():
        if tensor.shape.rank == 4:
            checks.append(lambda n=name, t=tensor: _check_frames(t, n, most))
    for name, tensor in landmarks.items():
        checks.append(lambda n=name, t=tensor: _check_landmarks(t, n, image_size))
    passed = []
    for check in checks:
        with tf.control_dependencies(passed):
            passed = [check()]
    with tf.control_dependencies(passed):
        return {name: tf.identity(tensor) for name, tensor in inputs.items()}


def _check_rows(tensors):
    """All first axes must be equal, and hold something."""
    sizes = tf.stack([tf.shape(tensor)[0] for tensor in tensors])
    return tf.debugging.Assert(
        tf.reduce_all(tf.equal(sizes, sizes[0]) & (sizes > 0)),
        [
            "All inputs must have the same number of rows, at least one. Received:",
            sizes,
        ],
    )


def _check_frames(landmarks, name, most):
    """A clip must have a frame, and what is made of it fit into a message."""
    shape = tf.shape(landmarks)[:2]
    frames = tf.reduce_prod(tf.cast(shape, tf.int64))
    return tf.debugging.Assert(
        (frames > 0) & (frames <= most),
        [f"`{name}` must have 1 to {most} frames. Received:", shape],
    )


def _check_landmarks(landmarks, name, image_size):
    farthest = float(_FARTHEST * image_size)
    # False for NaN too.
    return tf.debugging.Assert(
        tf.reduce_all(tf.abs(landmarks) <= farthest),
        [f"`{name}` must be finite, at most {farthest:g} pixels from the crop."],
    )
