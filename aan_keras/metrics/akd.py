"""Average distance of keypoints."""

import keras
from keras import ops

from aan_keras.metrics.sample_mean import SampleMean


@keras.saving.register_keras_serializable(package="aan_keras")
class AKD(SampleMean):
    """Average keypoint distance, in pixels, as the published evaluation takes it.

    `akd[b] = mean over points of (|dx| + |dy|) / 2`: the mean absolute difference of
    coordinates, not the Euclidean distance, and in pixels of the image at hand, so that
    figures compare at one image size only (published ones are at 256).

    Args:
        name: name of the metric.
        dtype: dtype of the sums.

    Call arguments:
        y_true: landmarks found in the real frame, float `[B, n, 2]`; NaN where none.
        y_pred: landmarks found in the generated one by the same detector.

    Reference:
        Siarohin et al., "Animating Arbitrary Objects via Deep Motion Transfer", CVPR
        2019, and the code of its authors' evaluation.
    """

    def __init__(self, name="akd", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def per_sample(self, y_true, y_pred):
        difference = ops.cast(y_true, "float32") - ops.cast(y_pred, "float32")
        return ops.mean(ops.abs(difference), axis=(1, 2))
