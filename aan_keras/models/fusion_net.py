"""Fusion net: paints the output from local image, warped feature and theta."""

import keras
from keras import layers

from aan_keras.layers.convolution import convolution
from aan_keras.layers.fusion_block import FusionBlock
from aan_keras.layers.residual_block import ResidualBlock
from aan_keras.layers.zero_conv2d import ZeroConv2D
from aan_keras.models.appearance_extractor import level_width


@keras.saving.register_keras_serializable(package="aan_keras")
class FusionNet(keras.Model):
    """`Gf(I_local, Fa_warped, Theta) -> Id`: fusion blocks, then residual blocks.

    Args:
        image_size: side of the output.
        width: channels at full resolution.
        num_fusion_blocks: each doubles the resolution.
        num_residual_blocks: at full resolution, after the fusion blocks.
        adaptive_norm: `"aan"`, or `"spade"` (the ablation), which normalizes by the
            source image instead of theta.
        statistics: `"batch"` or `"instance"`.
        output: `"rgb"` paints all pixels (the paper); `"residual"` adds to `base`.
        spectral_norm: normalize the kernels spectrally.

    Input shapes, in one dict:
        local_image: `[B, S, S, K]`. K is 3: the aligned local image; with
            `"residual"` 6: the warped source behind it.
        appearance: `[B, S / 2**N, S / 2**N, C]`, the warped appearance feature.
        theta_1 ... theta_N: `[B, h_i, h_i, 2 C_i]`; with `"spade"` one `condition`
            `[B, S, S, 3]` instead.

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
            "local_image": image_input("local_image", 6 if residual else 3),
            "appearance": image_input(
                "appearance", level_width(width, deepest), deepest
            ),
        }
        if adaptive_norm == "spade":
            inputs["condition"] = image_input("condition", 3)
        x = inputs["appearance"]
        for i in range(1, num_fusion_blocks + 1):
            level = num_fusion_blocks + 1 - i
            filters = level_width(width, level)
            block = FusionBlock(
                filters,
                output_filters=level_width(width, level - 1),
                adaptive_norm=adaptive_norm,
                statistics=statistics,
                name=f"fusion_{i}",
                **common,
            )
            if adaptive_norm == "spade":
                x = block(x, inputs["local_image"], inputs["condition"])
                continue
            theta = inputs[f"theta_{i}"] = image_input(f"theta_{i}", 2 * filters, level)
            gamma, beta = 1.0 + theta[..., :filters], theta[..., filters:]
            x = block(x, inputs["local_image"], gamma, beta)
        # The full-resolution images enter once more: no fusion block sees that detail.
        x = layers.Concatenate(dtype=dtype)([x, inputs["local_image"]])
        x = convolution(width, 3, name="join", **common)(x)
        for i in range(num_residual_blocks):
            x = ResidualBlock(width, name=f"residual_{i + 1}", **common)(x)
        x = layers.LeakyReLU(0.2, dtype=dtype)(x)
        if residual:
            x = ZeroConv2D(3, name="head", **common)(x)
            x = layers.Add(dtype="float32")([inputs["local_image"][..., 3:], x])
        else:
            x = convolution(3, 3, name="head", **common)(x)
            x = layers.Activation("tanh", dtype="float32")(x)
        kwargs.setdefault("name", "fusion_net")
        super().__init__(inputs=inputs, outputs=x, **kwargs)

        # === Config ===
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
            "name": self.name,
            "trainable": self.trainable,
        }
