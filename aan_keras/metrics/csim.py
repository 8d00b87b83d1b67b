"""Cosine similarity of identity vectors."""

import keras
from keras import ops

from aan_keras.metrics.identity_metric import IdentityMetric


@keras.saving.register_keras_serializable(package="aan_keras")
class CSIM(IdentityMetric):
    """Cosine of the angle between two faces' identity vectors.

    `csim[b] = <d_true, d_pred> / (|d_true| |d_pred|)`; 1 is the same face. Its scale is
    the network's: the paper's figures are ArcFace's, while dlib's vectors, whose mean
    is far from zero, give 0.8 even to strangers, so figures of two networks must not
    stand in one column. A network that took part in training flatters the result.

    Args:
        net: callable from chips to vectors `[B, n]`; default
            `aan_keras.models.IdentityNet()`.
        name: name of the metric.
        dtype: dtype of the sums.

    Call arguments:
        y_true: chips of the person that should be seen (paper: the source), float32
            `[B, 150, 150, 3]` in [-1, 1], from `FaceChip`.
        y_pred: chips of the generated face, alike.

    Reference:
        Deng et al., "ArcFace: Additive Angular Margin Loss for Deep Face
        Recognition", CVPR 2019, as used by Ha et al., "MarioNETte", AAAI 2020.
    """

    def __init__(self, net=None, name="csim", dtype=None):
        super().__init__(net=net, name=name, dtype=dtype)

    @staticmethod
    def from_descriptors(true, pred):
        true, pred = ops.cast(true, "float32"), ops.cast(pred, "float32")
        return ops.sum(ops.normalize(true) * ops.normalize(pred), axis=-1)
