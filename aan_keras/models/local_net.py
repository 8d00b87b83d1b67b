"""Local net: reenacts eyes, nose and mouth close up."""

import keras
from keras import layers, ops

from aan_keras.layers.convolution import convolution, inference_kernel
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

    Inference is in two steps too: a region's first convolution is linear in its input,
    so it is the sum of one for the source (`encode_source`, once a photo) and one for
    the driving region (`drive`).

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
        # The same layers, without the first convolution.
        self._rests = [self._after_stem(net) for net in self.nets]
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

    def _after_stem(self, net):
        inputs = [net.get_layer("stem").output]
        # What a residual is added to.
        inputs += [net.inputs[1]] * (self.output_mode == "residual")
        return keras.Model(inputs, net.output, name=net.name)

    def encode_source(self, source):
        """The source's part of the first convolutions, for inference.

        Args:
            source: as in `call`.

        Returns:
            dict by region of `[B, r, r, width]`.
        """
        encoded = {}
        for net in self.nets:
            stem, (kernel, _) = _stem(net)
            with keras.name_scope(self.name):
                x = ops.conv(_cast(source[net.name], stem), kernel, padding="same")
                encoded[net.name] = ops.add(x, ops.cast(stem.bias, x.dtype))
        return encoded

    def drive(self, encoded, driving):
        """What `call` gives in inference, from `encode_source`'s result.

        Args:
            encoded: dict by region of `[B, r, r, width]`.
            driving: as in `call`.

        Returns:
            dict by region of `[B, r, r, 3]`, as of `call`.
        """
        patches = {}
        for net, rest in zip(self.nets, self._rests):
            stem, (_, kernel) = _stem(net)
            view = ops.convert_to_tensor(driving[net.name])
            with keras.name_scope(self.name):
                x = ops.conv(_cast(view, stem), kernel, padding="same")
                inputs = [ops.add(x, encoded[net.name]), view]
                patches[net.name] = rest(inputs[: len(rest.inputs)], training=False)
        return patches

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
            "dtype": keras.saving.serialize_keras_object(self.dtype_policy),
            "name": self.name,
            "trainable": self.trainable,
        }


def _stem(net):
    """A U-Net's first convolution, and its kernel's part for each of the inputs."""
    stem, channels = net.get_layer("stem"), net.inputs[0].shape[-1]
    kernel = inference_kernel(stem)
    return stem, (kernel[:, :, :channels], kernel[:, :, channels:])


def _cast(view, stem):
    return ops.cast(view, stem.compute_dtype)


def region_size(image_size, region):
    """Side of a region in pixels: near its size in the image, a multiple of 8."""
    share = 5 / 16 if region == "mouth" else 1 / 4
    return -int(-image_size * share // 8) * 8
