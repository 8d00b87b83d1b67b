"""Peak signal-to-noise ratio."""

import math

import keras
from keras import ops

from aan_keras.metrics.sample_mean import SampleMean

# In decibels; of two equal images, whose ratio has no finite value.
LARGEST = 100.0


@keras.saving.register_keras_serializable(package="aan_keras")
class PSNR(SampleMean):
    """Peak signal-to-noise ratio in decibels, of each image and then averaged.

    `psnr[b] = 10 log10(range^2 / mean (y_true[b] - y_pred[b])^2)` with the range 2 of
    images in [-1, 1], and at most 100 dB, which stands for equal images.

    Args:
        name: name of the metric.
        dtype: dtype of the sums.

    Call arguments:
        y_true, y_pred: `[B, h, w, C]` in [-1, 1].
    """

    def __init__(self, name="psnr", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def per_sample(self, y_true, y_pred):
        difference = ops.cast(y_true, "float32") - ops.cast(y_pred, "float32")
        error = ops.mean(ops.square(difference), axis=(1, 2, 3))
        smallest = 4.0 * 10.0 ** (-LARGEST / 10)
        error = ops.maximum(error, smallest)
        return (10.0 / math.log(10.0)) * ops.log(4.0 / error)
