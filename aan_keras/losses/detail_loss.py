"""Whether an image has as much fine detail as another one, wherever it is."""

import keras
import numpy as np
from keras import ops

_SMOOTH = np.pad(np.outer([1, 2, 1], [1, 2, 1]) / 16, 1)
_SHIFTED = [np.roll(_SMOOTH, shift, axis) for shift in (1, -1) for axis in (0, 1)]
# The 4-neighbour Laplacian of what is smoothed, `[5, 5]`.
_SMOOTH_LAPLACIAN = (sum(_SHIFTED) - 4 * _SMOOTH).astype("float32")


@keras.saving.register_keras_serializable(package="aan_keras")
class DetailLoss(keras.losses.Loss):
    """Difference in the local strength of fine detail.

    The L1 of pixels is least where an uncertain edge is blurred; this loss asks for the
    detail that an image of the kind has, and leaves open where exactly it lies:
    `mean |s(y_true) - s(y_pred)|`, `s = sqrt(m(D(x)^2) + epsilon^2)`, D the Laplacian
    (4-neighbour) of each channel after smoothing by [1, 2, 1] / 4 in both directions, m
    the mean over windows of `window` pixels, half overlapping. The mean of the squared
    Laplacian over a whole image is the usual measure of focus. Without the smoothing it
    is greatest for a pattern that changes from pixel to pixel: the cheapest way to have
    detail, and one that no photo shows.

    Args:
        window: side of the windows in pixels, even.
        epsilon: detail weaker than this makes no difference; half a grey level of
            images in [-1, 1] by default.
        reduction, name, **kwargs: as of every Keras loss.

    Call arguments:
        y_true, y_pred: `[B, H, W, C]`, in [-1, 1], sides of at least 5 pixels.

    Example:

    >>> DetailLoss()(sharp, sharp), DetailLoss()(sharp, blurred)

    Reference:
        Pertuz et al., "Analysis of focus measure operators for shape-from-focus", 2013
        (the energy of the Laplacian).
    """

    def __init__(
        self,
        window=8,
        epsilon=1 / 255,
        reduction="sum_over_batch_size",
        name="detail_loss",
        **kwargs,
    ):
        super().__init__(name=name, reduction=reduction, **kwargs)
        if window < 2 or window % 2:
            raise ValueError(
                f"`window` must be even and positive. Received: window={window}"
            )
        self.window = window
        self.epsilon = epsilon

    def call(self, y_true, y_pred):
        difference = ops.abs(self._strength(y_true) - self._strength(y_pred))
        return ops.mean(difference, axis=(1, 2, 3))

    def _strength(self, image):
        image = ops.cast(image, "float32")
        smallest = len(_SMOOTH_LAPLACIAN)
        if any(size is not None and size < smallest for size in image.shape[1:3]):
            raise ValueError(
                f"`DetailLoss` needs {smallest} x {smallest} pixels at least. "
                f"Received: images of shape {tuple(image.shape)}"
            )
        # One convolution: gradients of shifted slices took six times as long.
        kernel = np.repeat(_SMOOTH_LAPLACIAN[:, :, None, None], image.shape[-1], axis=2)
        detail = ops.depthwise_conv(
            image, ops.convert_to_tensor(kernel), data_format="channels_last"
        )
        energy = ops.average_pool(
            detail * detail,
            self.window,
            strides=self.window // 2,
            padding="same",
            data_format="channels_last",
        )
        return ops.sqrt(energy + self.epsilon**2)

    def get_config(self):
        config = super().get_config()
        config.update({"window": self.window, "epsilon": self.epsilon})
        return config
