"""Agreement of facial action units."""

import keras
from keras import ops

from aan_keras.metrics.sample_mean import SampleMean


@keras.saving.register_keras_serializable(package="aan_keras")
class AUCON(SampleMean):
    """Share of facial action units whose presence agrees.

    `aucon[b] = mean over units known on both sides of [present_true == present_pred]`.
    Units are mostly absent, so that two unrelated faces agree in most of them: read the
    figure beside that of a floor (the unchanged source, a shuffled clip).

    Args:
        name: name of the metric.
        dtype: dtype of the sums.

    Call arguments:
        y_true: presence of each unit in the driving face, 0 or 1, float `[B, units]`,
            from `aan_keras.evaluation.action_units` or OpenFace; NaN where unknown.
        y_pred: that in the generated face.

    Reference:
        Ha et al., "MarioNETte: Few-shot Face Reenactment Preserving Identity of
        Unseen Targets", AAAI 2020.
    """

    def __init__(self, name="aucon", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def per_sample(self, y_true, y_pred):
        true, pred = ops.cast(y_true, "float32"), ops.cast(y_pred, "float32")
        unknown = ops.logical_or(ops.isnan(true), ops.isnan(pred))
        known = ops.cast(ops.logical_not(unknown), "float32")
        agree = ops.cast(ops.equal(true, pred), "float32") * known
        # 0 / 0 is NaN: nothing is known of this sample.
        return ops.sum(agree, axis=-1) / ops.sum(known, axis=-1)
