"""JPEG and PNG files in the graph."""

import tensorflow as tf

# A header may announce more pixels than any crop has; refused before they are decoded.
MAX_SIDE = 4096
_JPEG_QUALITY = 95


def decode_crop(data, size):
    """Decodes one JPEG or PNG file to the model's square.

    Args:
        data: string scalar, the file's bytes.
        size: side S of the result.

    Returns:
        uint8 `[S, S, 3]`, RGB. Orientation marks of cameras (EXIF) are not followed.

    Raises:
        tf.errors.InvalidArgumentError: neither JPEG nor PNG, truncated, a damaged PNG
            (damage inside a JPEG is not always seen), not square, or a side of more
            than 4096 pixels.
    """
    is_jpeg = tf.io.is_jpeg(data)
    is_png = tf.equal(tf.strings.substr(data, 0, 8), b"\x89PNG\r\n\x1a\n")
    known = tf.debugging.Assert(
        is_jpeg | is_png, ["`source_bytes` must be a JPEG or PNG file."]
    )
    with tf.control_dependencies([known]):
        shape = tf.cond(
            is_jpeg, lambda: tf.io.extract_jpeg_shape(data), lambda: _png_shape(data)
        )
    fits = tf.debugging.Assert(
        tf.equal(shape[0], shape[1]) & (shape[0] > 0) & (shape[0] <= MAX_SIDE),
        [f"`source_bytes` must be square, at most {MAX_SIDE} pixels. Received:", shape],
    )
    with tf.control_dependencies([fits]):
        image = tf.cond(
            is_jpeg,
            # The default is a fast transform, off by up to 10 levels of 255.
            lambda: tf.io.decode_jpeg(data, 3, dct_method="INTEGER_ACCURATE"),
            lambda: tf.io.decode_png(data, 3),
        )

    def resized():
        # Antialiased, so that a large crop becomes as the training data were.
        scaled = tf.image.resize(image, (size, size), antialias=True)
        return tf.cast(tf.round(tf.clip_by_value(scaled, 0, 255)), tf.uint8)

    image = tf.cond(tf.equal(shape[0], size), lambda: image, resized)
    return tf.ensure_shape(image, (size, size, 3))


def encode_jpeg(image):
    """uint8 `[S, S, 3]` to the bytes of a JPEG file, colour at full resolution."""
    return tf.io.encode_jpeg(
        image, format="rgb", quality=_JPEG_QUALITY, chroma_downsampling=False
    )


def _png_shape(data):
    """`[height, width, channels]` from a PNG header; zeros where it is cut off."""
    header = tf.strings.substr(tf.strings.join([data, b"\0" * 24]), 16, 8)
    parts = tf.io.decode_raw(header, tf.uint8)
    parts = tf.reshape(tf.cast(parts, tf.int32), (2, 4))
    # More than 2^31 turns negative, and is refused too.
    width, height = tf.unstack(tf.reduce_sum(parts * [1 << 24, 1 << 16, 256, 1], -1))
    return tf.stack([height, width, 3])
