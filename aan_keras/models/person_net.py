"""Person net: where the person is in a photo."""

import keras
from keras import layers, ops

from aan_keras.layers.convolution import convolution
from aan_keras.layers.person_outline import background_odds, face_coordinates
from aan_keras.layers.pixel_unshuffle import PixelUnshuffle
from aan_keras.layers.square_resize import shrink
from aan_keras.layers.zero_conv2d import ZeroConv2D

_LEVELS = 4
_GROUPS = 8
# Logarithmic odds of the outline, so that all inputs are of one size.
_UNIT = 8.0


@keras.saving.register_keras_serializable(package="aan_keras")
class PersonNet(keras.Model):
    """U-Net from a photo and its landmarks to the odds that a place is background.

    It sees where people usually are around such landmarks, and adds to the odds of
    that. Before training it adds nothing.

    Args:
        image_size: side S of the photo.
        size: side of the output. The photo is seen at twice this size, whatever its
            own is, so that people are as large as in training.
        width: channels of a level are 1, 2, 3 and 4 times this, multiples of 8.

    Input shapes:
        source: `[B, S, S, 3]` in [-1, 1].
        landmarks: float32 `[B, 68, 2]`, (x, y) in pixels of the photo.

    Output shape:
        float32 `[B, size, size, 1]`, logarithmic odds.

    Raises:
        ValueError: `size` or `width` is no multiple of 8.

    Reference:
        Not of the paper. U-Net: Ronneberger et al., MICCAI 2015; group normalization:
        Wu and He, ECCV 2018.
    """

    def __init__(self, image_size=256, size=64, width=24, dtype=None, **kwargs):
        kwargs.setdefault("name", "person_net")
        super().__init__(dtype=dtype, **kwargs)
        # Geometry stays float32 under every dtype policy.
        self.autocast = False
        if size % 2 ** (_LEVELS - 1) or width % _GROUPS:
            raise ValueError(
                "`size` and `width` must be multiples of 8. "
                f"Received: size={size}, width={width}"
            )
        self.image_size = image_size
        self.size = size
        self.width = width

        # === Functional model ===
        pixels = keras.Input((2 * size, 2 * size, 3), name="source")
        outline = keras.Input((size, size, 3), name="outline")
        x = PixelUnshuffle(2, dtype=dtype)(pixels)
        x = layers.Concatenate(dtype=dtype)([x, outline])
        skips = []
        for level in range(_LEVELS):
            filters = (level + 1) * width
            x = _block(x, filters, 2 if level else 1, f"down_{level}_1", dtype)
            x = _block(x, filters, 1, f"down_{level}_2", dtype)
            skips.append(x)
        x = _block(skips.pop(), _LEVELS * width, 1, "bottleneck", dtype)
        for level in reversed(range(_LEVELS - 1)):
            filters = (level + 1) * width
            x = layers.UpSampling2D(
                2, "channels_last", interpolation="bilinear", dtype=dtype
            )(x)
            x = convolution(filters, 1, False, name=f"mix_{level}", dtype=dtype)(x)
            x = layers.Concatenate(dtype=dtype)([x, skips.pop()])
            x = _block(x, filters, 1, f"up_{level}", dtype)
        head = ZeroConv2D(1, 3, name="odds", spectral_norm=False, dtype="float32")
        self.unet = keras.Model([pixels, outline], head(x), name="unet")
        self.built = True

    def call(self, source, landmarks, training=None):
        pixels = shrink(source, 2 * self.size)
        landmarks = (landmarks + 0.5) * (self.size / self.image_size) - 0.5
        across, along = face_coordinates(landmarks, self.size)
        usual = background_odds(across, along)
        parts = [usual / _UNIT, ops.clip(across, 0.0, 3.0), ops.clip(along, -2.0, 3.0)]
        outline = ops.concatenate(parts, axis=-1)
        return usual + self.unet([pixels, outline], training=training)

    def compute_output_shape(self, source_shape, landmarks_shape):
        return (source_shape[0], self.size, self.size, 1)

    def get_config(self):
        return {
            "image_size": self.image_size,
            "size": self.size,
            "width": self.width,
            "dtype": keras.saving.serialize_keras_object(self.dtype_policy),
            "name": self.name,
            "trainable": self.trainable,
        }


def _block(x, filters, stride, name, dtype):
    x = convolution(
        filters,
        3,
        spectral_norm=False,
        strides=stride,
        use_bias=False,
        name=f"{name}_conv",
        dtype=dtype,
    )(x)
    x = layers.GroupNormalization(_GROUPS, name=f"{name}_norm", dtype=dtype)(x)
    return layers.LeakyReLU(0.1, dtype=dtype)(x)
