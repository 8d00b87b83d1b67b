"""Multi-scale patch discriminator."""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="aan_keras")
class MultiScaleDiscriminator(keras.Model):
    """Patch discriminators on an image and its halvings, conditioned by a second one.

    Used twice: `DL` judges image and driving heatmaps, `DI` image and source image.

    Args:
        condition_channels: channels of the condition.
        width: channels after the first convolution.
        num_scales: number of resolutions; each has its own weights.
        num_layers: convolutions of stride 2 a scale.

    Input shapes:
        image: `[B, S, S, 3]`.
        condition: `[B, S', S', K]`, resized bilinearly to the image's side.

    Output shapes:
        list of `[B, h_i, h_i, 1]` logits, finest scale first.

    Reference:
        Wang et al., "High-Resolution Image Synthesis and Semantic Manipulation with
        Conditional GANs" (pix2pixHD), CVPR 2018, section 3.2.
    """

    def __init__(
        self,
        condition_channels,
        width=64,
        num_scales=2,
        num_layers=3,
        dtype=None,
        **kwargs,
    ):
        kwargs.setdefault("name", "discriminator")
        super().__init__(dtype=dtype, **kwargs)
        self.condition_channels = condition_channels
        self.width = width
        self.num_scales = num_scales
        self.num_layers = num_layers
        self.scales = [self._patch_net(i, dtype) for i in range(num_scales)]
        self.halve = layers.AveragePooling2D(2, dtype=dtype)
        self.built = True

    def _patch_net(self, index, dtype):
        # === Functional model ===
        joined = keras.Input((None, None, 3 + self.condition_channels), name="joined")
        x = joined
        for i in range(self.num_layers):
            filters = self.width * min(2**i, 8)
            conv = layers.Conv2D(
                filters, 4, strides=2, padding="same", use_bias=i == 0, dtype=dtype
            )
            x = conv(x)
            if i > 0:
                # groups=-1 is instance normalization.
                x = layers.GroupNormalization(groups=-1, dtype=dtype)(x)
            x = layers.LeakyReLU(0.2, dtype=dtype)(x)
        logits = layers.Conv2D(1, 4, padding="same", dtype=dtype, name="logits")(x)
        return keras.Model(joined, logits, name=f"scale_{index + 1}")

    def call(self, image, condition, training=None):
        if condition.shape[1] != image.shape[1]:
            condition = ops.image.resize(condition, image.shape[1:3])
        condition = ops.cast(condition, image.dtype)
        joined = ops.concatenate([image, condition], axis=-1)
        logits = []
        for net in self.scales:
            logits.append(net(joined, training=training))
            joined = self.halve(joined)
        return logits

    def compute_output_shape(self, image_shape, condition_shape):
        batch, h, w, _ = image_shape
        shapes = []
        for scale in range(self.num_scales):
            factor = 2 ** (scale + self.num_layers)
            shapes.append((batch, -(-h // factor), -(-w // factor), 1))
        return shapes

    def get_config(self):
        return {
            "condition_channels": self.condition_channels,
            "width": self.width,
            "num_scales": self.num_scales,
            "num_layers": self.num_layers,
            "dtype": keras.saving.serialize_keras_object(self.dtype_policy),
            "name": self.name,
            "trainable": self.trainable,
        }
