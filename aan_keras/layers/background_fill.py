"""What is behind somebody."""

import keras
from keras import ops

from aan_keras.layers.known_size import known_size
from aan_keras.layers.pull_push import pull_push


@keras.saving.register_keras_serializable(package="aan_keras")
class BackgroundFill(keras.layers.Layer):
    """An image without its foreground: the background, filled in from around it.

    Filled by `pull_push` at half the resolution of the image, which is enough for what
    nobody has seen.

    A little of the foreground tints what is filled in from it, so what is not surely
    background is left out, and a pixel around it.

    Args:
        caution: logarithmic odds below which a place is rather left out.
        steepness: of the step there.

    Input shapes:
        image: `[B, S, S, C]`.
        odds: `[B, S / 2, S / 2, 1]`, logarithmic odds that a place is background.

    Output shape:
        float32 `[B, S, S, C]`.
    """

    def __init__(self, caution=2.0, steepness=3.0, **kwargs):
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)
        self.caution = caution
        self.steepness = steepness

    def build(self, image_shape, odds_shape):
        half = tuple(None if n is None else n // 2 for n in image_shape[1:3])
        if (
            len(image_shape) != 4
            or len(odds_shape) != 4
            or any(
                None not in (a, b) and a != b
                for a, b in zip((*half, 1), odds_shape[1:])
            )
        ):
            raise ValueError(
                "`BackgroundFill` takes an image `[B, S, S, C]` and odds at half its "
                f"resolution, `[B, S / 2, S / 2, 1]`. Received: shapes {image_shape} "
                f"and {odds_shape}"
            )

    def call(self, image, odds):
        size = known_size(image)
        small = ops.average_pool(
            ops.cast(image, "float32"), 2, strides=2, data_format="channels_last"
        )
        odds = self.steepness * (ops.cast(odds, "float32") - self.caution)
        known = -ops.max_pool(
            -ops.sigmoid(odds),
            3,
            strides=1,
            padding="same",
            data_format="channels_last",
        )
        filled = pull_push(small, known)
        return ops.image.resize(
            filled, size, interpolation="bilinear", data_format="channels_last"
        )

    def compute_output_shape(self, image_shape, odds_shape):
        return tuple(image_shape)

    def compute_output_spec(self, image, odds):
        return keras.KerasTensor(image.shape, "float32")

    def get_config(self):
        return {
            **super().get_config(),
            "caution": self.caution,
            "steepness": self.steepness,
        }
