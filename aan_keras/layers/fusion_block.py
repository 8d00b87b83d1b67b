"""Fusion block: where appearance meets pose and expression."""

import keras
from keras import ops

from aan_keras.layers.appearance_adaptive_norm import AppearanceAdaptiveNorm
from aan_keras.layers.convolution import convolution
from aan_keras.layers.leaky_relu import leaky_relu
from aan_keras.layers.pixel_shuffle import PixelShuffle, mark_sub_pixels
from aan_keras.layers.resize_like import resize_like
from aan_keras.layers.spatially_adaptive_norm import SpatiallyAdaptiveNorm


@keras.saving.register_keras_serializable(package="aan_keras")
class FusionBlock(keras.layers.Layer):
    """One step of the fusion net: `F' = FB([F, resize(I_local)], gamma, beta)`.

    conv 3x3 -> adaptive norm -> leaky ReLU -> conv 3x3, beside a 1x1 convolution of
    the block's input, then pixel shuffle.

    Args:
        filters: channels inside the block, those of `gamma` and `beta`.
        output_filters: channels of the output; `filters` if None.
        scale: up-scaling factor of the pixel shuffle; 1 keeps the resolution.
        adaptive_norm: `"aan"` (Eqs. 2-4) or `"spade"`, the paper's ablation.
        statistics: `"batch"` or `"instance"`, of the adaptive norm.
        spectral_norm: normalize the kernels spectrally.
        negative_slope: of the leaky ReLU.

    Input shapes:
        features: `[B, h, w, C]`.
        local_image: `[B, H, W, K]`, resized bilinearly to `h x w`.
        gamma: `[B, h, w, filters]`; with `"spade"` the condition `[B, H', W', K']`.
        beta: `[B, h, w, filters]`; None with `"spade"`.

    Output shape:
        `[B, h * scale, w * scale, output_filters]`.

    Example:

    >>> block = aan_keras.layers.FusionBlock(32, output_filters=16)
    >>> block(features, local_image, gamma, beta).shape  # features [1, 32, 32, 32]
    (1, 64, 64, 16)

    Reference:
        "One-shot Face Reenactment Using Appearance Adaptive Normalization",
        AAAI 2021, Eq. 1.
    """

    def __init__(
        self,
        filters,
        output_filters=None,
        scale=2,
        adaptive_norm="aan",
        statistics="batch",
        spectral_norm=True,
        negative_slope=0.2,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if adaptive_norm not in ("aan", "spade"):
            raise ValueError(
                '`adaptive_norm` must be "aan" or "spade". '
                f"Received: adaptive_norm={adaptive_norm}"
            )
        if filters < 1 or scale < 1:
            raise ValueError(
                "`filters` and `scale` must be positive. "
                f"Received: filters={filters}, scale={scale}"
            )
        self.filters = filters
        self.output_filters = output_filters or filters
        self.scale = scale
        self.adaptive_norm = adaptive_norm
        self.statistics = statistics
        self.spectral_norm = spectral_norm
        self.negative_slope = negative_slope
        norm = (
            AppearanceAdaptiveNorm
            if adaptive_norm == "aan"
            else (SpatiallyAdaptiveNorm)
        )
        own = {"dtype": self.dtype_policy, "trainable": self.trainable}
        self.norm = norm(statistics=statistics, name="norm", **own)
        expanded = self.output_filters * scale**2
        common = {"spectral_norm": spectral_norm, **own}
        self.conv_1 = convolution(filters, 3, name="conv_1", **common)
        self.conv_2 = convolution(expanded, 3, name="conv_2", **common)
        self.shortcut = convolution(
            expanded, 1, name="shortcut", use_bias=False, **common
        )
        self.shuffle = None
        if scale > 1:
            self.shuffle = PixelShuffle(scale, "channels_last", dtype=self.dtype_policy)

    def build(self, features_shape, local_image_shape, gamma_shape, beta_shape=None):
        joined = (*features_shape[:-1], features_shape[-1] + local_image_shape[-1])
        hidden = (*features_shape[:-1], self.filters)
        self.conv_1.build(joined)
        if self.adaptive_norm == "aan":
            self.norm.build(hidden, gamma_shape, beta_shape)
        else:
            self.norm.build(hidden, gamma_shape)
        self.conv_2.build(hidden)
        self.shortcut.build(joined)
        for layer in (self.conv_2, self.shortcut):
            mark_sub_pixels(layer.kernel, self.scale)
        self.built = True

    def call(self, features, local_image, gamma, beta=None, training=None):
        local_image = resize_like(local_image, features)
        joined = ops.concatenate([features, local_image], axis=-1)
        x = self.conv_1(joined)
        if self.adaptive_norm == "aan":
            x = self.norm(x, gamma, beta, training=training)
        else:
            x = self.norm(x, gamma, training=training)
        x = self.conv_2(leaky_relu(x, self.negative_slope))
        x = x + self.shortcut(joined)
        return x if self.shuffle is None else self.shuffle(x)

    def compute_output_shape(
        self, features_shape, local_image_shape, gamma_shape, beta_shape=None
    ):
        batch, *size, _ = features_shape
        size = (None if n is None else n * self.scale for n in size)
        return (batch, *size, self.output_filters)

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "filters": self.filters,
                "output_filters": self.output_filters,
                "scale": self.scale,
                "adaptive_norm": self.adaptive_norm,
                "statistics": self.statistics,
                "spectral_norm": self.spectral_norm,
                "negative_slope": self.negative_slope,
            }
        )
        return config
