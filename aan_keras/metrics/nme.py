"""Landmark error in units of the face."""

import keras
from keras import ops

from aan_keras.metrics.sample_mean import SampleMean


@keras.saving.register_keras_serializable(package="aan_keras")
class NME(SampleMean):
    """Normalized mean error of the 68 landmarks, in % of the inter-ocular distance.

    `nme[b] = 100 mean |p_true - p_pred| / |p_true[36] - p_true[45]|`, the distance
    between the outer corners of the eyes being the unit, as in the 300-W challenge.

    Args:
        name: name of the metric.
        dtype: dtype of the sums.

    Call arguments:
        y_true: landmarks found in the real frame, float `[B, 68, 2]`; NaN where none.
        y_pred: landmarks found in the generated one by the same detector.

    Reference:
        Sagonas et al., "300 Faces in-the-Wild Challenge", ICCV Workshops 2013.
    """

    def __init__(self, name="nme", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def per_sample(self, y_true, y_pred):
        true, pred = ops.cast(y_true, "float32"), ops.cast(y_pred, "float32")
        unit = _length(true[:, 36] - true[:, 45])
        error = ops.mean(_length(true - pred), axis=-1)
        return 100.0 * error / ops.maximum(unit, 1e-6)


def _length(vector):
    return ops.sqrt(ops.sum(ops.square(vector), axis=-1))
