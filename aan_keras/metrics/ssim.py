"""Structural similarity."""

import keras
import numpy as np
from keras import ops

from aan_keras.layers.known_size import known_size
from aan_keras.metrics.sample_mean import SampleMean


@keras.saving.register_keras_serializable(package="aan_keras")
class SSIM(SampleMean):
    """Structural similarity of two images, as its authors define it.

    Means, variances and covariance under an 11 x 11 Gaussian window of standard
    deviation 1.5, which lies inside the image everywhere; K1 = 0.01, K2 = 0.03; mean
    over window places and channels. Implementations with a uniform 7 x 7 window
    (scikit-image's default) give other figures.

    Args:
        name: name of the metric.
        dtype: dtype of the sums.

    Call arguments:
        y_true, y_pred: `[B, h, w, C]` in [-1, 1], sides of at least 11 pixels.

    Reference:
        Wang et al., "Image quality assessment: from error visibility to structural
        similarity", IEEE Transactions on Image Processing 2004.
    """

    SIZE, SIGMA, K1, K2 = 11, 1.5, 0.01, 0.03

    def __init__(self, name="ssim", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def per_sample(self, y_true, y_pred):
        height, width = known_size(y_true)
        if min(height, width) < self.SIZE:
            raise ValueError(
                f"The window of SSIM needs {self.SIZE} x {self.SIZE} pixels at least. "
                f"Received: images of {height} x {width}"
            )
        x, y = ops.cast(y_true, "float32"), ops.cast(y_pred, "float32")
        # Variances by `E[x^2] - E[x]^2` lose their digits far from zero.
        middle = ops.mean(x, axis=(1, 2), keepdims=True)
        x, y = x - middle, y - middle
        mean_x, mean_y, mean_xx, mean_yy, mean_xy = (
            self._blur(image) for image in (x, y, x * x, y * y, x * y)
        )
        variance_x = mean_xx - mean_x * mean_x
        variance_y = mean_yy - mean_y * mean_y
        covariance = mean_xy - mean_x * mean_y
        c1, c2 = (self.K1 * 2.0) ** 2, (self.K2 * 2.0) ** 2
        # Luminance counts from black, -1.
        mean_x, mean_y = mean_x + middle + 1.0, mean_y + middle + 1.0
        luminance = (2.0 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
        contrast = (2.0 * covariance + c2) / (variance_x + variance_y + c2)
        return ops.mean(luminance * contrast, axis=(1, 2, 3))

    def _blur(self, image):
        """Weighted means under the window, one direction after the other."""
        offsets = np.arange(self.SIZE) - self.SIZE // 2
        weights = np.exp(-0.5 * (offsets / self.SIGMA) ** 2)
        weights = (weights / weights.sum()).astype("float32")
        height, width = image.shape[1:3]
        across = _band_matrix(weights, width)
        down = _band_matrix(weights, height)
        image = ops.einsum("bhwc,wx->bhxc", image, across)
        return ops.einsum("bhxc,hy->byxc", image, down)


def _band_matrix(weights, size):
    """`[size, size - n + 1]`: a product with it is a "valid" convolution."""
    count = size - len(weights) + 1
    matrix = np.zeros((size, count), "float32")
    for k, weight in enumerate(weights):
        matrix[np.arange(count) + k, np.arange(count)] = weight
    return ops.convert_to_tensor(matrix)
