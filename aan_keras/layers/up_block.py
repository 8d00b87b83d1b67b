"""Up-convolution block of the U-Nets."""

import keras
from keras import ops

from aan_keras.layers.convolution import convolution
from aan_keras.layers.pixel_shuffle import PixelShuffle, mark_sub_pixels


@keras.saving.register_keras_serializable(package="aan_keras")
class UpBlock(keras.layers.Layer):
    """Doubles the resolution by pixel shuffle and joins the skip connection.

    conv 3x3 -> pixel shuffle -> leaky ReLU -> concat skip -> conv 3x3 -> leaky ReLU.

    Args:
        filters: number of output channels.
        spectral_norm: normalize the kernels spectrally.
        negative_slope: of the leaky ReLUs.
        expand_kernel_size: of the convolution before the pixel shuffle. 1 is U-Net's
            2x2 up-convolution, at a ninth of the multiply-adds.

    Input shapes:
        features: `[B, h, w, C]`.
        skip: `[B, 2h, 2w, K]`.

    Output shape:
        `[B, 2h, 2w, filters]`.

    Reference:
        Ronneberger et al., "U-Net", 2015; up-scaling as in Shi et al., "Real-Time
        Single Image and Video Super-Resolution ...", 2016.
    """

    def __init__(
        self,
        filters,
        spectral_norm=True,
        negative_slope=0.2,
        expand_kernel_size=3,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if filters < 1:
            raise ValueError(f"`filters` must be positive. Received: filters={filters}")
        self.filters = filters
        self.spectral_norm = spectral_norm
        self.negative_slope = negative_slope
        self.expand_kernel_size = expand_kernel_size
        common = {
            "spectral_norm": spectral_norm,
            "dtype": self.dtype_policy,
            "trainable": self.trainable,
        }
        self.expand = convolution(
            4 * filters, expand_kernel_size, name="expand", **common
        )
        self.shuffle = PixelShuffle(2, "channels_last", dtype=self.dtype_policy)
        self.join = convolution(filters, 3, name="join", **common)

    def build(self, features_shape, skip_shape):
        for low, high in zip(features_shape[1:3], skip_shape[1:3]):
            if None not in (low, high) and high != 2 * low:
                raise ValueError(
                    "`skip` must have twice the height and width of `features`. "
                    f"Received: shapes {features_shape} and {skip_shape}"
                )
        self.expand.build(features_shape)
        mark_sub_pixels(self.expand.kernel, self.shuffle.scale)
        self.join.build((*skip_shape[:-1], self.filters + skip_shape[-1]))
        self.built = True

    def call(self, features, skip, training=None):
        x = self.shuffle(self.expand(features))
        x = ops.leaky_relu(x, self.negative_slope)
        x = self.join(ops.concatenate([x, skip], axis=-1))
        return ops.leaky_relu(x, self.negative_slope)

    def compute_output_shape(self, features_shape, skip_shape):
        return (*skip_shape[:-1], self.filters)

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "filters": self.filters,
                "spectral_norm": self.spectral_norm,
                "negative_slope": self.negative_slope,
                "expand_kernel_size": self.expand_kernel_size,
            }
        )
        return config
