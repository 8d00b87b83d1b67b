"""Fusion net: paints the output from local image, warped feature and theta."""

import keras
from keras import layers

from aan_keras.layers.convolution import convolution
from aan_keras.layers.fusion_block import FusionBlock
from aan_keras.layers.pixel_shuffle import PixelShuffle
from aan_keras.layers.pixel_unshuffle import PixelUnshuffle
from aan_keras.layers.residual_block import ResidualBlock
from aan_keras.layers.zero_conv2d import ZeroConv2D
from aan_keras.models.appearance_extractor import level_width


@keras.saving.register_keras_serializable(package="aan_keras")
class FusionNet(keras.Model):
    """`Gf(I_local, Fa_warped, Theta) -> Id`: fusion blocks, then residual blocks.

    Every fusion block but the last doubles the resolution; the last and the residual
    blocks work at half the output's side, and the final pixel shuffle makes the image.
    The last block reads the local image unshuffled instead of resized, so that nothing
    of its full resolution is lost.

    Args:
        image_size: side of the output.
        width: channels of a level are 2 and 4 times this.
        num_fusion_blocks: N, the adaptive normalization layers.
        num_residual_blocks: after the fusion blocks.
        adaptive_norm: `"aan"`, or `"spade"` (the ablation), which normalizes by the
            source image instead of theta.
        statistics: `"batch"` or `"instance"`.
        output: `"rgb"` paints all pixels (the paper); `"residual"` adds to `base`.
        spectral_norm: normalize the kernels spectrally.

    Input shapes, in one dict:
        local_image: `[B, S, S, 3]`, the aligned local image.
        base: `[B, S, S, 3]`, the warped source; only with `"residual"`.
        appearance: `[B, S / 2**N, S / 2**N, C]`, the warped appearance feature.
        gamma_1 ... gamma_N, beta_1 ... beta_N: `[B, h_i, h_i, C_i]`, the halves of
            theta, gamma with its 1; with `"spade"` one `condition` `[B, S, S, 3]`
            instead.

    Output shape:
        float32 `[B, S, S, 3]`.

    Reference:
        "One-shot Face Reenactment Using Appearance Adaptive Normalization",
        AAAI 2021, fusion net, Eq. 1.
    """

    def __init__(
        self,
        image_size=256,
        width=64,
        num_fusion_blocks=4,
        num_residual_blocks=2,
        adaptive_norm="aan",
        statistics="batch",
        output="rgb",
        spectral_norm=True,
        dtype=None,
        **kwargs,
    ):
        common = {"spectral_norm": spectral_norm, "dtype": dtype}
        residual = output == "residual"

        # === Functional model ===
        def image_input(name, channels, level=0):
            side = image_size // 2**level
            return keras.Input((side, side, channels), name=name)

        deepest = num_fusion_blocks
        inputs = {
            "local_image": image_input("local_image", 3),
            "appearance": image_input(
                "appearance", level_width(width, deepest), deepest
            ),
        }
        if adaptive_norm == "spade":
            inputs["condition"] = image_input("condition", 3)
        local_image = inputs["local_image"]
        if residual:
            base = inputs["base"] = image_input("base", 3)
            local_image = layers.Concatenate(dtype=dtype)([local_image, base])
        # Full-resolution detail moved into channels: convolutions of few channels on
        # many pixels run at half the speed of their equals at half the resolution.
        unshuffled = PixelUnshuffle(2, dtype=dtype)(local_image)
        x = inputs["appearance"]
        for i in range(1, num_fusion_blocks + 1):
            level = num_fusion_blocks + 1 - i
            filters = level_width(width, level)
            last = level == 1
            block = FusionBlock(
                filters,
                output_filters=filters if last else level_width(width, level - 1),
                scale=1 if last else 2,
                adaptive_norm=adaptive_norm,
                statistics=statistics,
                name=f"fusion_{i}",
                **common,
            )
            local = unshuffled if last else local_image
            if adaptive_norm == "spade":
                x = block(x, local, inputs["condition"])
                continue
            gamma, beta = (
                image_input(f"{name}_{i}", filters, level) for name in ("gamma", "beta")
            )
            inputs |= {f"gamma_{i}": gamma, f"beta_{i}": beta}
            x = block(x, local, gamma, beta)
        for i in range(num_residual_blocks):
            x = ResidualBlock(x.shape[-1], name=f"residual_{i + 1}", **common)(x)
        x = layers.LeakyReLU(0.2, dtype=dtype)(x)
        if residual:
            x = ZeroConv2D(12, name="head", **common)(x)
            x = PixelShuffle(2, dtype=dtype)(x)
            x = layers.Add(dtype="float32")([base, x])
        else:
            x = convolution(12, 3, name="head", **common)(x)
            x = PixelShuffle(2, dtype=dtype)(x)
            x = layers.Activation("tanh", dtype="float32")(x)
        kwargs.setdefault("name", "fusion_net")
        super().__init__(inputs=inputs, outputs=x, **kwargs)

        # === Config ===
        self._policy = keras.dtype_policies.get(dtype)
        self.image_size = image_size
        self.width = width
        self.num_fusion_blocks = num_fusion_blocks
        self.num_residual_blocks = num_residual_blocks
        self.adaptive_norm = adaptive_norm
        self.statistics = statistics
        self.output_mode = output
        self.spectral_norm = spectral_norm

    def get_config(self):
        return {
            "image_size": self.image_size,
            "width": self.width,
            "num_fusion_blocks": self.num_fusion_blocks,
            "num_residual_blocks": self.num_residual_blocks,
            "adaptive_norm": self.adaptive_norm,
            "statistics": self.statistics,
            "output": self.output_mode,
            "spectral_norm": self.spectral_norm,
            "dtype": keras.saving.serialize_keras_object(self._policy),
            "name": self.name,
            "trainable": self.trainable,
        }
