"""Local net: reenacts eyes, nose and mouth close up."""

import keras
from keras import layers

from aan_keras.layers.convolution import convolution
from aan_keras.layers.down_block import DownBlock
from aan_keras.layers.face_regions import REGION_LANDMARKS, REGION_OPENINGS
from aan_keras.layers.up_block import UpBlock
from aan_keras.layers.zero_conv2d import ZeroConv2D


@keras.saving.register_keras_serializable(package="aan_keras")
class LocalNet(keras.Model):
    """Four independent U-Nets, one a face region.

    Each has three down- and three up-convolution blocks, and reads the region of the
    source image, of the source heatmaps and of the driving heatmaps. The heatmaps
    hold the region's own landmarks, rendered at the region's resolution.

    Args:
        image_size: side of the whole image; sets the regions' sizes.
        width: channels at the region's full resolution.
        output: `"rgb"` paints the region (the paper). `"residual"` reads a fourth
            input, the region of the warped source, and adds to it.
        spectral_norm: normalize the kernels spectrally.
        up_kernel_size: of the convolutions before a pixel shuffle;
            see `UpBlock`.
        openings: source and driving of eyes and mouth end with one more channel, an
            `OpeningMask`.

    Input shapes, as dicts by region:
        source: `[B, r, r, 3 + n]`, image region and source heatmaps of its n landmarks.
        driving: `[B, r, r, n]`, driving heatmaps; with `"residual"`
            `[B, r, r, 3 + n]`, the warped source's region first.

    Output shapes:
        dict of `[B, r, r, 3]`, in [-1, 1] for `"rgb"`.

    Reference:
        "One-shot Face Reenactment Using Appearance Adaptive Normalization",
        AAAI 2021, local net.
    """

    def __init__(
        self,
        image_size=256,
        width=64,
        output="rgb",
        spectral_norm=True,
        up_kernel_size=3,
        openings=False,
        dtype=None,
        **kwargs,
    ):
        kwargs.setdefault("name", "local_net")
        super().__init__(dtype=dtype, **kwargs)
        # The base of a residual would be rounded.
        self.autocast = False
        self.image_size = image_size
        self.width = width
        self.output_mode = output
        self.spectral_norm = spectral_norm
        self.up_kernel_size = up_kernel_size
        self.openings = openings
        self.region_sizes = {
            region: region_size(image_size, region) for region in REGION_LANDMARKS
        }
        self.nets = [self._unet(region, dtype) for region in REGION_LANDMARKS]
        self.built = True

    def _unet(self, region, dtype):
        common = {"spectral_norm": self.spectral_norm, "dtype": dtype}
        size, count = self.region_sizes[region], len(REGION_LANDMARKS[region])
        residual = self.output_mode == "residual"
        count += self.openings and region in REGION_OPENINGS
        # === Functional model ===
        source = keras.Input((size, size, 3 + count), name="source")
        driving = keras.Input((size, size, count + 3 * residual), name="driving")
        x = layers.Concatenate(dtype=dtype)([source, driving])
        x = convolution(self.width, 3, name="stem", **common)(x)
        x = layers.LeakyReLU(0.2, dtype=dtype)(x)
        skips = []
        for level, factor in enumerate((2, 4, 4)):
            skips.append(x)
            name = f"down_{level + 1}"
            x = DownBlock(factor * self.width, name=name, **common)(x)
        for level in reversed(range(3)):
            filters = skips[level].shape[-1]
            up = UpBlock(
                filters,
                expand_kernel_size=self.up_kernel_size,
                name=f"up_{level + 1}",
                **common,
            )
            x = up(x, skips[level])
        if residual:
            head = ZeroConv2D(3, name="head", **common)
            x = layers.Add(dtype="float32")([driving[..., :3], head(x)])
        else:
            x = convolution(3, 3, name="head", activation="tanh", **common)(x)
        return keras.Model([source, driving], x, name=region)

    def call(self, source, driving, training=None):
        return {
            region: net([source[region], driving[region]], training=training)
            for region, net in zip(REGION_LANDMARKS, self.nets)
        }

    def compute_output_shape(self, source_shape, driving_shape):
        return {name: (*shape[:-1], 3) for name, shape in source_shape.items()}

    def get_config(self):
        return {
            "image_size": self.image_size,
            "width": self.width,
            "output": self.output_mode,
            "spectral_norm": self.spectral_norm,
            "up_kernel_size": self.up_kernel_size,
            "openings": self.openings,
            "name": self.name,
            "trainable": self.trainable,
        }


def region_size(image_size, region):
    """Side of a region in pixels: near its size in the image, a multiple of 8."""
    share = 5 / 16 if region == "mouth" else 1 / 4
    return -int(-image_size * share // 8) * 8
