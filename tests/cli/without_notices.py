"""What TensorFlow adds to our own words."""

import re

import tensorflow as tf


def without_notices(stderr):
    """What is on stderr, but for a line of TensorFlow 2.18's that no level silences.

    Its graph optimizer says there that it left a graph as it was.
    """
    notice = r"E0000 .* meta_optimizer\.cc:\d+\] remapper failed: .*\n"
    if tf.__version__.startswith("2.18."):
        return re.sub(notice, "", stderr)
    return stderr
