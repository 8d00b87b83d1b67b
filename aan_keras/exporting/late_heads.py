"""Theta's heads after the warp instead of before it."""

import keras
import numpy as np
from keras import ops

from aan_keras.models.reenactor import Reenactor


class LateHeads(Reenactor):
    """A `Reenactor` that warps the features which theta is made of.

    Theta has twice as many channels as they have. A head of kernel size 1 mixes
    channels only, and a warp is a weighted mean of pixels, so they may change places:
    the images are the same, a frame costs less, a photo too.

    Args:
        **kwargs: as of `Reenactor`; see `LateHeads.fits`.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        nets, count = self.appearance_extractor, self.num_fusion_blocks
        self._heads = [nets.get_layer(f"head_{i + 1}") for i in range(count)]
        features = {f"features_{i + 1}": h.input for i, h in enumerate(self._heads)}
        # The first head reads the appearance feature, which is warped anyway.
        features["appearance"] = features.pop("features_1")
        self._features = keras.Model(nets.input, features)

    @staticmethod
    def fits(config):
        """Whether a `Reenactor` of this configuration can be one."""
        return (
            config["up_kernel_size"] == 1
            and config["warp_theta"]
            and config["adaptive_norm"] == "aan"
        )

    def _appearance(self, source, training):
        return self._features(source, training=training)

    def _modulation(self, code, flow, appearance, i):
        warped = appearance if i == 1 else self.warp(code[f"features_{i}"], flow)
        head = self._heads[i - 1].conv
        channels = head.filters // 2
        # The 1 of gamma goes into the bias.
        one = np.repeat([1.0, 0.0], channels).astype("float32")
        with keras.name_scope(f"head_{i}"):
            theta = ops.conv(warped, head.kernel, padding="same") + (head.bias + one)
        return ops.split(theta, 2, axis=-1)
