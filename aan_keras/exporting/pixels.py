"""Pixels as the outside world has them, and as the model has them."""

import tensorflow as tf


def from_uint8(image):
    """uint8 RGB to float32 in [-1, 1]."""
    return tf.cast(image, tf.float32) / 127.5 - 1.0


def to_uint8(image):
    """float in [-1, 1] to uint8 RGB, rounded."""
    image = tf.clip_by_value((tf.cast(image, tf.float32) + 1.0) * 127.5, 0.0, 255.0)
    return tf.cast(tf.round(image), tf.uint8)


def to_levels(share):
    """float from 0 to 1 to uint8, rounded."""
    return tf.cast(tf.round(tf.clip_by_value(share, 0.0, 1.0) * 255.0), tf.uint8)
