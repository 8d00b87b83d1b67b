"""Distance of identity vectors."""

import keras
from keras import ops

from aan_keras.metrics.identity_metric import IdentityMetric


@keras.saving.register_keras_serializable(package="aan_keras")
class AED(IdentityMetric):
    """Average Euclidean distance between two faces' identity vectors.

    `aed[b] = |d_true - d_pred|`. With dlib's network, the default, two photos of one
    person are usually closer than 0.6.

    Args:
        net: callable from chips to vectors `[B, n]`; default
            `aan_keras.models.IdentityNet()`.
        name: name of the metric.
        dtype: dtype of the sums.

    Call arguments:
        y_true: chips of the real frame that should have been generated, float32
            `[B, 150, 150, 3]` in [-1, 1], from `FaceChip`.
        y_pred: chips of the generated face, alike.

    Reference:
        Siarohin et al., "First Order Motion Model for Image Animation", NeurIPS 2019
        (its network is OpenFace's).
    """

    def __init__(self, net=None, name="aed", dtype=None):
        super().__init__(net=net, name=name, dtype=dtype)

    @staticmethod
    def from_descriptors(true, pred):
        difference = ops.cast(true, "float32") - ops.cast(pred, "float32")
        return ops.sqrt(ops.sum(ops.square(difference), axis=-1))
