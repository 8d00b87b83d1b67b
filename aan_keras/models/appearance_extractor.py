"""Appearance extractor: the source photo's normalization parameters and feature."""

import keras
from keras import layers

from aan_keras.layers.convolution import convolution
from aan_keras.layers.down_block import DownBlock
from aan_keras.layers.residual_block import ResidualBlock
from aan_keras.layers.up_block import UpBlock
from aan_keras.layers.zero_conv2d import ZeroConv2D


@keras.saving.register_keras_serializable(package="aan_keras")
class AppearanceExtractor(keras.Model):
    """U-Net `Ea(Is) -> (Theta, Fa)`.

    One output for each adaptive normalization layer of the fusion net, from the
    decoder level of the same resolution, so that the skip connections tie the
    parameters of the different layers together.

    Args:
        image_size: side of the source image, a multiple of `2 ** num_fusion_blocks`.
        width: channels at full resolution; deeper levels have 2 and 4 times as many.
        num_fusion_blocks: levels below full resolution, one theta each.
        spectral_norm: normalize the kernels spectrally.
        up_kernel_size: of the convolutions before a pixel shuffle (see `UpBlock`) and
            of the theta heads.

    Input shape:
        source: `[B, S, S, 3]` in [-1, 1].

    Output shapes:
        dict of `appearance` `[B, S / 2**N, S / 2**N, C]` (Fa, the bottleneck) and
        `theta_1` ... `theta_N`, `[B, h_i, h_i, 2 C_i]` with `h_i = S / 2**(N+1-i)`:
        `gamma - 1` and `beta` beside each other, both zero before training.

    Reference:
        "One-shot Face Reenactment Using Appearance Adaptive Normalization",
        AAAI 2021, appearance extractor.
    """

    def __init__(
        self,
        image_size=256,
        width=64,
        num_fusion_blocks=4,
        spectral_norm=True,
        up_kernel_size=3,
        dtype=None,
        **kwargs,
    ):
        common = {"spectral_norm": spectral_norm, "dtype": dtype}

        # === Functional model ===
        source = keras.Input((image_size, image_size, 3), name="source")
        x = convolution(width, 3, name="stem", **common)(source)
        x = layers.LeakyReLU(0.2, dtype=dtype)(x)
        skips = []
        for level in range(1, num_fusion_blocks + 1):
            skips.append(x)
            x = DownBlock(level_width(width, level), name=f"down_{level}", **common)(x)
        for i in range(2):
            x = ResidualBlock(x.shape[-1], name=f"bottleneck_{i + 1}", **common)(x)
        outputs = {"appearance": x}
        for i in range(1, num_fusion_blocks + 1):
            level = num_fusion_blocks + 1 - i
            if i > 1:
                filters = level_width(width, level)
                up = UpBlock(
                    filters,
                    expand_kernel_size=up_kernel_size,
                    name=f"up_{level}",
                    **common,
                )
                x = up(x, skips[level])
            head = ZeroConv2D(
                2 * level_width(width, level),
                up_kernel_size,
                name=f"head_{i}",
                **common,
            )
            outputs[f"theta_{i}"] = head(x)
        kwargs.setdefault("name", "appearance_extractor")
        super().__init__(inputs=source, outputs=outputs, **kwargs)

        # === Config ===
        self._policy = keras.dtype_policies.get(dtype)
        self.image_size = image_size
        self.width = width
        self.num_fusion_blocks = num_fusion_blocks
        self.spectral_norm = spectral_norm
        self.up_kernel_size = up_kernel_size

    def get_config(self):
        return {
            "image_size": self.image_size,
            "width": self.width,
            "num_fusion_blocks": self.num_fusion_blocks,
            "spectral_norm": self.spectral_norm,
            "up_kernel_size": self.up_kernel_size,
            "dtype": keras.saving.serialize_keras_object(self._policy),
            "name": self.name,
            "trainable": self.trainable,
        }


def level_width(width, level):
    """Channels at resolution `S / 2**level`: width times 1, 2, 4, 4, ..."""
    return width * min(2**level, 4)
