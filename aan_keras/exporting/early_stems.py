"""A local net whose first convolutions meet the source once a photo."""

import keras
from keras import ops


class EarlyStems(keras.layers.Layer):
    """A `LocalNet` in two steps, with its weights.

    A region's first convolution is linear in its input, the source's region beside the
    driving one: it is the sum of a convolution for each, of which the source's is the
    same for all frames.

    Args:
        net: `LocalNet` without spectral normalization. It is used, not copied.

    Input shapes:
        encoded: dict by region of `[B, r, r, width]`, from `encode_source`.
        driving: as of `LocalNet`.

    Output shapes:
        As of `LocalNet`.
    """

    def __init__(self, net):
        super().__init__(name=net.name, dtype=net.dtype_policy, autocast=False)
        self.nets = net.nets
        self.region_sizes = net.region_sizes
        self._rests = {}
        for unet in net.nets:
            source, driving = unet.inputs
            inputs = [unet.get_layer("stem").output]
            # What a residual is added to.
            inputs += [driving] * (net.output_mode == "residual")
            self._rests[unet.name] = keras.Model(inputs, unet.output)
        self.built = True

    def encode_source(self, source):
        """The source's part of the first convolutions, with the bias.

        Args:
            source: as of `LocalNet`.

        Returns:
            dict by region of `[B, r, r, width]`.
        """
        encoded = {}
        for unet in self.nets:
            kernel, _, bias = _stem(unet)
            x = ops.conv(source[unet.name], kernel, padding="same")
            encoded[unet.name] = ops.add(x, bias)
        return encoded

    def call(self, encoded, driving, training=None):
        patches = {}
        for unet in self.nets:
            region, rest = unet.name, self._rests[unet.name]
            _, kernel, _ = _stem(unet)
            x = ops.conv(driving[region], kernel, padding="same") + encoded[region]
            inputs = [x, driving[region]][: len(rest.inputs)]
            patches[region] = rest(inputs, training=training)
        return patches


def _stem(unet):
    """Kernels for the source and the driving part of the input, and the bias."""
    stem, channels = unet.get_layer("stem"), unet.inputs[0].shape[-1]
    return stem.kernel[:, :, :channels], stem.kernel[:, :, channels:], stem.bias
