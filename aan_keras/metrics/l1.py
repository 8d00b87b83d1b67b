"""Mean absolute error of images."""

import keras
from keras import ops

from aan_keras.metrics.sample_mean import SampleMean, to_levels


@keras.saving.register_keras_serializable(package="aan_keras")
class L1(SampleMean):
    """Mean absolute difference of two images, in grey levels from 0 to 255.

    `l1[b] = mean |y_true[b] - y_pred[b]| * 127.5`, over pixels and channels.

    Args:
        name: name of the metric.
        dtype: dtype of the sums.

    Call arguments:
        y_true, y_pred: `[B, h, w, C]` in [-1, 1].

    Example:

    >>> metric = L1()
    >>> metric.update_state(driving, generated)
    >>> metric.result(), metric.count
    """

    def __init__(self, name="l1", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def per_sample(self, y_true, y_pred):
        difference = ops.abs(to_levels(y_true) - to_levels(y_pred))
        return ops.mean(difference, axis=(1, 2, 3))
