"""The network of a landmark transformer's `"network"` estimator."""

import keras
from keras import layers


def expression_correction(num_identity, num_expression, chip_size, width):
    """What an image adds to the linear estimate of its expression.

    Args:
        num_identity: directions of identity, M.
        num_expression: principal components of the expression, K.
        chip_size: side C of the face chip.
        width: channels of the first convolution.

    Returns:
        `(features, correction)`. `features` is a model of the chip `[B, C, C, 3]`, the
        landmarks along the directions of identity `[B, M]` and where the head looks,
        `[B, 2]`; it gives `[B, 64]`. `correction` is the layer that makes them
        coefficients `[B, K]`; it begins at zero.
    """
    image = keras.Input((chip_size, chip_size, 3), name="chip")
    seen = keras.Input((num_identity,), name="seen")
    turn = keras.Input((2,), name="turn")
    x = image
    for i, channels in enumerate((1, 1.5, 2, 3)):
        x = layers.Conv2D(
            int(width * channels), 3, strides=2, padding="same", name=f"conv{i}"
        )(x)
        x = layers.GroupNormalization(4, name=f"norm{i}")(x)
        x = layers.ReLU()(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.3)(x)
    x = layers.Dense(48, activation="gelu", name="look")(x)
    y = layers.Concatenate()([seen, turn])
    y = layers.GaussianNoise(0.1)(y)
    y = layers.Dense(64, activation="gelu", name="shape")(y)
    x = layers.Concatenate()([x, y])
    x = layers.Dropout(0.3)(x)
    x = layers.Dense(64, activation="gelu", name="both")(x)
    features = keras.Model([image, seen, turn], x, name="features")
    correction = layers.Dense(
        num_expression, kernel_initializer="zeros", name="correction"
    )
    correction.build((None, 64))
    return features, correction
