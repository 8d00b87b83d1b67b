"""Landmarks drawn as one Gaussian heatmap each."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="aan_keras")
class LandmarkHeatmaps(keras.layers.Layer):
    """Renders each landmark as a Gaussian of peak 1 in a channel of its own.

    With `p' = (p + 0.5) * size / image_size - 0.5`, the landmark on the heatmap's grid
    (pixel centres at integers on both grids),

        out[b, y, x, k] = exp(-((x - p'x)^2 + (y - p'y)^2) / (2 * variance))

    The peak is 1 at the landmark itself, which may lie between pixels. Coordinates stay
    float32 under any dtype policy; only the finished heatmaps are cast.

    Args:
        size: int, height and width of the heatmaps.
        image_size: int, height and width of the image that the landmarks are given in.
        variance: float, in squared pixels of the heatmap grid.

    Input shape:
        float32 `[batch, landmarks, 2]`, (x, y) in pixels of the image.

    Output shape:
        `[batch, size, size, landmarks]`.

    Example:

    >>> landmarks = keras.ops.array([[[128.0, 64.0], [12.5, 250.0]]])
    >>> LandmarkHeatmaps(size=64, image_size=256)(landmarks).shape
    (1, 64, 64, 2)

    Reference:
        [Yao et al., "One-shot Face Reenactment Using Appearance Adaptive
        Normalization", AAAI 2021](https://arxiv.org/abs/2102.03984)
    """

    def __init__(self, size, image_size, variance=3.0, **kwargs):
        super().__init__(autocast=False, **kwargs)
        for name, value in (("size", size), ("image_size", image_size)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(
                    f"`{name}` must be a positive integer. Received: {name}={value}"
                )
        if not variance > 0:
            raise ValueError(
                f"`variance` must be positive. Received: variance={variance}"
            )
        self.size = size
        self.image_size = image_size
        self.variance = variance

    def call(self, landmarks):
        landmarks = ops.cast(landmarks, "float32")
        points = (landmarks + 0.5) * (self.size / self.image_size) - 0.5
        grid = ops.reshape(ops.arange(self.size, dtype="float32"), (1, -1, 1, 1))
        # exp(a + b) = exp(a) exp(b): 2 * size exponentials a landmark, not size^2.
        offsets = grid - ops.expand_dims(points, 1)  # [B, size, K, (x, y)]
        profiles = ops.exp(ops.square(offsets) * (-0.5 / self.variance))
        profiles = ops.cast(profiles, self.compute_dtype)
        columns = ops.expand_dims(profiles[..., 0], 1)  # [B, 1, size, K]
        rows = ops.expand_dims(profiles[..., 1], 2)  # [B, size, 1, K]
        return rows * columns

    def compute_output_shape(self, input_shape):
        if len(input_shape) != 3 or input_shape[-1] != 2:
            raise ValueError(
                "`landmarks` must be shaped [batch, landmarks, 2]. "
                f"Received: input_shape={tuple(input_shape)}"
            )
        return (input_shape[0], self.size, self.size, input_shape[1])

    def build(self, input_shape):
        self.compute_output_shape(input_shape)

    def get_config(self):
        return {
            **super().get_config(),
            "size": self.size,
            "image_size": self.image_size,
            "variance": self.variance,
        }
