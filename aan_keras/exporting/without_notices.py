"""TensorFlow's log, for a moment without what is of no use to a reader."""

import contextlib

import tensorflow as tf


@contextlib.contextmanager
def without_notices(level="WARNING"):
    """Keeps records below `level` out of TensorFlow's log inside the block."""
    logger = tf.get_logger()
    before = logger.level
    logger.setLevel(level)
    try:
        yield
    finally:
        logger.setLevel(before)
