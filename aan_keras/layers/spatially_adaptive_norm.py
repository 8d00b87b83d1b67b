"""SPADE: normalization modulated by convolutions of a condition."""

import keras

from aan_keras.layers.appearance_adaptive_norm import AppearanceAdaptiveNorm
from aan_keras.layers.resize_like import resize_like


@keras.saving.register_keras_serializable(package="aan_keras")
class SpatiallyAdaptiveNorm(keras.layers.Layer):
    """Normalizes features, then modulates them by convolutions of a condition (SPADE).

        out = normalize(features) * (1 + gamma(condition)) + beta(condition)

    The condition is resized to the features' grid; one shared convolution with ReLU
    and one convolution each give `gamma` and `beta`.

    Args:
        hidden_filters: int, filters of the shared convolution.
        kernel_size: int or pair of ints, of all three convolutions.
        statistics: `"batch"` or `"instance"`, as in `AppearanceAdaptiveNorm`.
        momentum: float in [0, 1), of the moving averages (`"batch"` only).
        epsilon: positive float, added to the variance.
        interpolation: how the condition is resized: `"bilinear"` (default; conditions
            here are images or heatmaps) or `"nearest"` (the SPADE paper's, for label
            maps).

    Call arguments:
        features: `[batch, height, width, channels]`.
        condition: `[batch, any height, any width, any channels]`.
        training: bool, `"batch"` statistics of this batch, or moving ones.

    Output shape:
        The shape of `features`.

    Example:

    >>> features = keras.random.normal((2, 16, 16, 8))
    >>> image = keras.random.normal((2, 64, 64, 3))
    >>> SpatiallyAdaptiveNorm(hidden_filters=32)(features, image).shape
    (2, 16, 16, 8)

    Reference:
        [Park et al., "Semantic Image Synthesis with Spatially-Adaptive Normalization",
        CVPR 2019](https://arxiv.org/abs/1903.07291)
    """

    def __init__(
        self,
        hidden_filters=128,
        kernel_size=3,
        statistics="batch",
        momentum=0.99,
        epsilon=1e-5,
        interpolation="bilinear",
        **kwargs,
    ):
        super().__init__(**kwargs)
        if interpolation not in ("bilinear", "nearest"):
            raise ValueError(
                '`interpolation` must be "bilinear" or "nearest". '
                f"Received: interpolation={interpolation}"
            )
        # === Layers ===
        # Its build makes the moving statistics; only `normalize` is called.
        self.norm = AppearanceAdaptiveNorm(
            statistics,
            momentum,
            epsilon,
            dtype=self.dtype_policy,
            trainable=self.trainable,
            name="norm",
        )
        self.shared = keras.layers.Conv2D(
            hidden_filters,
            kernel_size,
            padding="same",
            data_format="channels_last",
            activation="relu",
            dtype=self.dtype_policy,
            trainable=self.trainable,
            name="shared",
        )
        self.hidden_filters = hidden_filters
        self.kernel_size = self.shared.kernel_size
        self.statistics = statistics
        self.momentum = momentum
        self.epsilon = epsilon
        self.interpolation = interpolation

    def build(self, features_shape, condition_shape):
        self.compute_output_shape(features_shape, condition_shape)
        self.norm.build(features_shape, features_shape, features_shape)
        self.shared.build(condition_shape)
        hidden_shape = (*features_shape[:-1], self.hidden_filters)
        for name in ("gamma", "beta"):
            conv = keras.layers.Conv2D(
                features_shape[-1],
                self.kernel_size,
                padding="same",
                data_format="channels_last",
                dtype=self.dtype_policy,
                trainable=self.trainable,
                name=name,
            )
            conv.build(hidden_shape)
            setattr(self, name, conv)

    def call(self, features, condition, training=None):
        condition = resize_like(condition, features, self.interpolation)
        hidden = self.shared(condition)
        normalized = self.norm.normalize(features, training)
        return normalized * (1.0 + self.gamma(hidden)) + self.beta(hidden)

    def compute_output_shape(self, features_shape, condition_shape):
        for name, shape in (
            ("features", features_shape),
            ("condition", condition_shape),
        ):
            if len(shape) != 4 or shape[-1] is None:
                raise ValueError(
                    f"`{name}` must have 4 axes and a known number of channels. "
                    f"Received: {name}_shape={tuple(shape)}"
                )
        return tuple(features_shape)

    def get_config(self):
        return {
            **super().get_config(),
            "hidden_filters": self.hidden_filters,
            "kernel_size": self.kernel_size,
            "statistics": self.statistics,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "interpolation": self.interpolation,
        }
