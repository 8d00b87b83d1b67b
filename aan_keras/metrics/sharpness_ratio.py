"""How sharp a generated image is beside a real one."""

import keras
from keras import ops

from aan_keras.metrics.sample_mean import SampleMean, to_levels


@keras.saving.register_keras_serializable(package="aan_keras")
class SharpnessRatio(SampleMean):
    """Variance of the Laplacian of the generated image over that of the real one.

    The Laplacian (kernel 0 1 0, 1 -4 1, 0 1 0; mirrored at the border) of the luma on
    0..255. Below 1 the output is blurred, above 1 it has detail that the real image
    lacks, noise and seams included: neither end is good.

    Args:
        name: name of the metric.
        dtype: dtype of the sums.

    Call arguments:
        y_true, y_pred: `[B, h, w, 3]`, RGB in [-1, 1].

    Reference:
        Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000.
    """

    def __init__(self, name="sharpness_ratio", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def per_sample(self, y_true, y_pred):
        # A flat image has none; the constant is far below that of any photo.
        return _sharpness(y_pred) / ops.maximum(_sharpness(y_true), 1e-6)


def _sharpness(image):
    luma = ops.convert_to_tensor([0.299, 0.587, 0.114], "float32")
    grey = ops.sum(to_levels(image) * luma, axis=-1)
    padded = ops.pad(grey, ((0, 0), (1, 1), (1, 1)), mode="reflect")
    laplacian = (
        padded[:, :-2, 1:-1]
        + padded[:, 2:, 1:-1]
        + padded[:, 1:-1, :-2]
        + padded[:, 1:-1, 2:]
        - 4.0 * grey
    )
    return ops.var(laplacian, axis=(1, 2))
