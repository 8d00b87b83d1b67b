"""Normalization modulated by full-size parameters of another network."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="aan_keras")
class AppearanceAdaptiveNorm(keras.layers.Layer):
    """Normalizes features, then modulates each element by `gamma` and `beta`.

    Per channel `c`:

        out[n, h, w, c] = gamma[n, h, w, c] * (x[n, h, w, c] - mean[c]) / sigma[c]
                          + beta[n, h, w, c]

    `gamma` and `beta` have the full shape of the features (not one value per channel):
    they are the output of a network that sees the source's appearance. The statistics
    are computed in float32 under any dtype policy.

    Args:
        statistics: `"batch"` takes mean and sigma over batch, height and width, and
            moving averages at inference, so that an output never depends on its batch
            mates. `"instance"` takes them over height and width of each sample, in
            training and at inference.
        momentum: float in [0, 1), of the moving averages (`"batch"` only).
        epsilon: positive float, added to the variance.

    Call arguments:
        features: `[batch, height, width, channels]`.
        gamma: factors, the shape of `features`.
        beta: offsets, the shape of `features`.
        training: bool, `"batch"` statistics of this batch, or moving ones.

    Output shape:
        The shape of `features`.

    Example:

    >>> features = keras.random.normal((2, 16, 16, 8))
    >>> gamma, beta = keras.ops.ones_like(features), keras.ops.zeros_like(features)
    >>> AppearanceAdaptiveNorm()(features, gamma, beta, training=True).shape
    (2, 16, 16, 8)

    Reference:
        [Yao et al., "One-shot Face Reenactment Using Appearance Adaptive
        Normalization", AAAI 2021, Eqs. 2-4](https://arxiv.org/abs/2102.03984)
    """

    def __init__(self, statistics="batch", momentum=0.99, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        if statistics not in ("batch", "instance"):
            raise ValueError(
                '`statistics` must be "batch" or "instance". '
                f"Received: statistics={statistics}"
            )
        if not 0 <= momentum < 1:
            raise ValueError(
                f"`momentum` must be in [0, 1). Received: momentum={momentum}"
            )
        if not epsilon > 0:
            raise ValueError(f"`epsilon` must be positive. Received: epsilon={epsilon}")
        self.statistics = statistics
        self.momentum = momentum
        self.epsilon = epsilon

    def build(self, features_shape, gamma_shape, beta_shape):
        self.compute_output_shape(features_shape, gamma_shape, beta_shape)
        if self.statistics == "batch":
            moving = {
                "shape": (features_shape[-1],),
                "dtype": keras.backend.result_type(self.variable_dtype, "float32"),
                "trainable": False,
                "autocast": False,
                "aggregation": "mean",
            }
            self.moving_mean = self.add_weight(
                name="moving_mean", initializer="zeros", **moving
            )
            self.moving_variance = self.add_weight(
                name="moving_variance", initializer="ones", **moving
            )

    def call(self, features, gamma, beta, training=None):
        return self.normalize(features, training) * gamma + beta

    def normalize(self, features, training=None):
        """`(features - mean) / sigma` in the compute dtype, without modulation."""
        dtype = keras.backend.result_type(features.dtype, "float32")
        x = ops.cast(features, dtype)
        moving = self.statistics == "batch" and not (training and self.trainable)
        if moving:
            scale = ops.rsqrt(self.moving_variance + self.epsilon)
            x = x * scale - self.moving_mean * scale
            return ops.cast(x, self.compute_dtype)
        axes = (0, 1, 2) if self.statistics == "batch" else (1, 2)
        mean = ops.mean(x, axis=axes, keepdims=True)
        # The centred features are needed anyway, and their mean square has none of
        # the cancellation of E[x^2] - E[x]^2.
        x = x - mean
        variance = ops.mean(ops.square(x), axis=axes, keepdims=True)
        if self.statistics == "batch":
            self._update(self.moving_mean, mean)
            self._update(self.moving_variance, variance)
        x = x * ops.rsqrt(variance + self.epsilon)
        return ops.cast(x, self.compute_dtype)

    def _update(self, moving, value):
        value = ops.stop_gradient(ops.reshape(value, moving.shape))
        moving.assign(moving * self.momentum + value * (1.0 - self.momentum))

    def compute_output_shape(self, features_shape, gamma_shape, beta_shape):
        if len(features_shape) != 4 or features_shape[-1] is None:
            raise ValueError(
                "`features` must have 4 axes and a known number of channels. "
                f"Received: features_shape={tuple(features_shape)}"
            )
        for name, shape in (("gamma", gamma_shape), ("beta", beta_shape)):
            if len(shape) != 4 or any(
                a is not None and b is not None and a != b
                for a, b in zip(shape, features_shape)
            ):
                raise ValueError(
                    f"`{name}` must have the full shape of the features. Received: "
                    f"{name}_shape={tuple(shape)}, "
                    f"features_shape={tuple(features_shape)}"
                )
        return tuple(features_shape)

    def get_config(self):
        return {
            **super().get_config(),
            "statistics": self.statistics,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
        }
