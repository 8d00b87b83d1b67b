"""Error of the head's pose."""

import keras
from keras import ops

from aan_keras.metrics.sample_mean import SampleMean


@keras.saving.register_keras_serializable(package="aan_keras")
class PRMSE(SampleMean):
    """Root-mean-square error of the head pose angles, in degrees.

    `prmse = sqrt(mean over samples and angles of d^2)`, d the difference of two angles
    the short way round: 179 and -179 degrees are 2 apart. The root is taken of the
    mean over all samples, so one wild pose weighs more than in a mean of errors;
    `per_sample` gives the squares, and its root the error of one sample.

    Args:
        name: name of the metric.
        dtype: dtype of the sums.

    Call arguments:
        y_true: pitch, yaw and roll of the driving face in degrees, float `[B, 3]`, from
            `aan_keras.evaluation.head_pose(landmarks).angles` or OpenFace; NaN where
            there is none.
        y_pred: those of the generated face.

    Reference:
        Ha et al., "MarioNETte: Few-shot Face Reenactment Preserving Identity of
        Unseen Targets", AAAI 2020.
    """

    def __init__(self, name="prmse", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def per_sample(self, y_true, y_pred):
        difference = ops.cast(y_true, "float32") - ops.cast(y_pred, "float32")
        wrapped = difference - 360.0 * ops.round(difference / 360.0)
        return ops.mean(ops.square(wrapped), axis=-1)

    def result(self):
        return ops.sqrt(super().result())
