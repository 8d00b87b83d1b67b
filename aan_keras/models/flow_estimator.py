"""Flow estimation net (FEN)."""

import keras
import numpy as np
from keras import layers

from aan_keras.layers.convolution import convolution
from aan_keras.layers.down_block import DownBlock
from aan_keras.layers.residual_block import ResidualBlock
from aan_keras.layers.up_block import UpBlock
from aan_keras.layers.zero_conv2d import ZeroConv2D


@keras.saving.register_keras_serializable(package="aan_keras")
class FlowEstimator(keras.Model):
    """Hourglass from source and driving heatmaps to a dense flow.

    The first convolution is linear in its input, so it is written as the sum of one
    for the source heatmaps (`encode_source`, once a photo) and one for the driving
    heatmaps. It has stride 2: the flow's grid is half the heatmaps' grid.

    With `num_motions` it chooses among given motions too: it sees the source under
    each of them beside the driving heatmaps, and predicts for each place a mixture of
    the motions, to which its flow is added.

    Args:
        heatmap_size: side of the heatmaps, a multiple of 16.
        width: channels of a level are 2 and 4 times this.
        num_landmarks: channels of the heatmaps.
        num_motions: K, the motions to mix; 0 (the paper): none. Before training the
            last one has most of the share everywhere.
        spectral_norm: normalize the kernels spectrally.
        up_kernel_size: of the convolutions before a pixel shuffle;
            see `UpBlock`.

    Input shapes:
        source_heatmaps, driving_heatmaps: `[B, h, h, 68]`.
        views: `[B, h, h, 3 K]`, the source under each motion; only with motions.

    Output shapes:
        float32 `[B, h / 2, h / 2, 2]`, (dx, dy) in pixels of this grid; zero before
        training. With motions a pair: the flow, and the motions' float32 shares
        `[B, h / 2, h / 2, K]`, which sum to 1.

    Reference:
        "One-shot Face Reenactment Using Appearance Adaptive Normalization",
        AAAI 2021, flow estimation module; hourglass: Newell et al., 2016; mixture of
        motions: Siarohin et al., "First Order Motion Model for Image Animation",
        NeurIPS 2019, section 3.2.
    """

    def __init__(
        self,
        heatmap_size=256,
        width=64,
        num_landmarks=68,
        num_motions=0,
        spectral_norm=True,
        up_kernel_size=3,
        dtype=None,
        **kwargs,
    ):
        kwargs.setdefault("name", "flow_estimator")
        super().__init__(dtype=dtype, **kwargs)
        common = {"spectral_norm": spectral_norm, "dtype": dtype}
        shape = (heatmap_size, heatmap_size, num_landmarks)
        half = heatmap_size // 2

        # === Functional models ===
        source = keras.Input(shape, name="source_heatmaps")
        stem = convolution(
            2 * width, 3, strides=2, use_bias=False, name="source_stem", **common
        )
        self.stem = keras.Model(source, stem(source), name="source_stem")

        encoded = keras.Input((half, half, 2 * width), name="encoded_source")
        driving = keras.Input(shape, name="driving_heatmaps")
        inputs, x = [encoded, driving], driving
        if num_motions:
            views = keras.Input((heatmap_size, heatmap_size, 3 * num_motions))
            inputs.append(views)
            x = layers.Concatenate(dtype=dtype)([driving, views])
        x = convolution(2 * width, 3, strides=2, name="stem", **common)(x)
        x = layers.Add(dtype=dtype)([x, encoded])
        x = layers.LeakyReLU(0.2, dtype=dtype)(x)
        skips = []
        for level in range(3):
            skips.append(x)
            x = DownBlock(4 * width, name=f"down_{level + 1}", **common)(x)
        x = ResidualBlock(4 * width, name="bottleneck", **common)(x)
        for level in reversed(range(3)):
            filters = skips[level].shape[-1]
            up = UpBlock(
                filters,
                expand_kernel_size=up_kernel_size,
                name=f"up_{level + 1}",
                **common,
            )
            x = up(x, skips[level])
        # Geometry stays float32 under every dtype policy.
        exact = {"spectral_norm": spectral_norm, "dtype": "float32"}
        outputs = ZeroConv2D(2, name="flow", **exact)(x)
        if num_motions:
            shares = ZeroConv2D(num_motions, name="shares", **exact)(x)
            # Before training the last motion has most of the share. Subtracted, since
            # tf2onnx makes one convolution of two sums, with two biases.
            shares = shares - np.array([0.0] * (num_motions - 1) + [-2.0], "float32")
            shares = layers.Softmax(dtype="float32")(shares)
            outputs = [outputs, shares]
        self.hourglass = keras.Model(inputs, outputs, name="hourglass")
        self.built = True

        # === Config ===
        self.heatmap_size = heatmap_size
        self.width = width
        self.num_landmarks = num_landmarks
        self.num_motions = num_motions
        self.spectral_norm = spectral_norm
        self.up_kernel_size = up_kernel_size

    def encode_source(self, source_heatmaps, training=None):
        """The part that depends on the source alone: `[B, h/2, h/2, 2 width]`."""
        return self.stem(source_heatmaps, training=training)

    def drive(self, encoded_source, driving_heatmaps, views=None, training=None):
        """The output, from `encode_source`'s result and the driving heatmaps."""
        inputs = [encoded_source, driving_heatmaps]
        if self.num_motions:
            inputs.append(views)
        return self.hourglass(inputs, training=training)

    def call(self, source_heatmaps, driving_heatmaps, views=None, training=None):
        encoded = self.encode_source(source_heatmaps, training=training)
        return self.drive(encoded, driving_heatmaps, views, training=training)

    def compute_output_shape(
        self, source_heatmaps_shape, driving_heatmaps_shape, views_shape=None
    ):
        half = self.heatmap_size // 2
        flow = (source_heatmaps_shape[0], half, half, 2)
        if self.num_motions:
            return flow, (*flow[:-1], self.num_motions)
        return flow

    def get_config(self):
        return {
            "heatmap_size": self.heatmap_size,
            "width": self.width,
            "num_landmarks": self.num_landmarks,
            "num_motions": self.num_motions,
            "spectral_norm": self.spectral_norm,
            "up_kernel_size": self.up_kernel_size,
            "dtype": keras.saving.serialize_keras_object(self.dtype_policy),
            "name": self.name,
            "trainable": self.trainable,
        }
