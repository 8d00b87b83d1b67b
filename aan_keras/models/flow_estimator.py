"""Flow estimation net (FEN)."""

import keras
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

    Args:
        heatmap_size: side of the heatmaps, a multiple of 16.
        width: channels of a level are 2 and 4 times this.
        num_landmarks: channels of the heatmaps.
        spectral_norm: normalize the kernels spectrally.
        up_kernel_size: of the convolutions before a pixel shuffle;
            see `UpBlock`.

    Input shapes:
        source_heatmaps, driving_heatmaps: `[B, h, h, 68]`.

    Output shape:
        float32 `[B, h / 2, h / 2, 2]`, (dx, dy) in pixels of this grid; zero before
        training.

    Reference:
        "One-shot Face Reenactment Using Appearance Adaptive Normalization",
        AAAI 2021, flow estimation module; hourglass: Newell et al., 2016.
    """

    def __init__(
        self,
        heatmap_size=256,
        width=64,
        num_landmarks=68,
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
        x = convolution(2 * width, 3, strides=2, name="stem", **common)(driving)
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
        flow = ZeroConv2D(2, spectral_norm=spectral_norm, dtype="float32", name="flow")
        self.hourglass = keras.Model([encoded, driving], flow(x), name="hourglass")
        self.built = True

        # === Config ===
        self.heatmap_size = heatmap_size
        self.width = width
        self.num_landmarks = num_landmarks
        self.spectral_norm = spectral_norm
        self.up_kernel_size = up_kernel_size

    def encode_source(self, source_heatmaps, training=None):
        """The part that depends on the source alone: `[B, h/2, h/2, 2 width]`."""
        return self.stem(source_heatmaps, training=training)

    def drive(self, encoded_source, driving_heatmaps, training=None):
        """Flow from `encode_source`'s result and the driving heatmaps."""
        return self.hourglass([encoded_source, driving_heatmaps], training=training)

    def call(self, source_heatmaps, driving_heatmaps, training=None):
        encoded = self.encode_source(source_heatmaps, training=training)
        return self.drive(encoded, driving_heatmaps, training=training)

    def compute_output_shape(self, source_heatmaps_shape, driving_heatmaps_shape):
        half = self.heatmap_size // 2
        return (source_heatmaps_shape[0], half, half, 2)

    def get_config(self):
        return {
            "heatmap_size": self.heatmap_size,
            "width": self.width,
            "num_landmarks": self.num_landmarks,
            "spectral_norm": self.spectral_norm,
            "up_kernel_size": self.up_kernel_size,
            "name": self.name,
            "trainable": self.trainable,
        }
