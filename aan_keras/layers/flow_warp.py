"""Warping of feature maps by a dense flow."""

import keras
from keras import ops

from aan_keras.layers.known_size import known_size
from aan_keras.layers.runtime_forms import form_of
from aan_keras.layers.sampling import bilinear_sample, pixel_axes


@keras.saving.register_keras_serializable(package="aan_keras")
class FlowWarp(keras.layers.Layer):
    """Backward warp of features by a dense flow: `out(p) = features(p + flow(p))`.

    The flow may live on another grid than the features. It is then resized
    bilinearly (displacements, not absolute positions, so that borders stay right)
    and rescaled to pixels of the features' grid.

    Args:
        padding: `"border"` repeats the edge pixels, `"zeros"` reads 0 outside.
        size: side of the square output. By default the features' own height and
            width; features finer than the output keep detail that bilinear sampling
            would blur.

    Input shapes:
        features: `[B, h, w, C]`, any float dtype.
        flow: `[B, fh, fw, 2]`, (dx, dy) in pixels of the flow's own grid; read as
            float32 under every dtype policy.

    Output shape:
        `[B, h, w, C]`, or `[B, size, size, C]`.

    Example:

    >>> features = keras.random.normal((1, 32, 32, 8))
    >>> flow = keras.ops.zeros((1, 16, 16, 2))
    >>> aan_keras.layers.FlowWarp()(features, flow).shape
    (1, 32, 32, 8)

    Reference:
        Jaderberg et al., "Spatial Transformer Networks", 2015; equal to PyTorch's
        `grid_sample(mode="bilinear", align_corners=False)` at the same positions.
    """

    def __init__(self, padding="border", size=None, **kwargs):
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)
        if padding not in ("border", "zeros"):
            raise ValueError(
                f'`padding` must be "border" or "zeros". Received: padding={padding}'
            )
        if size is not None and size < 1:
            raise ValueError(f"`size` must be positive. Received: size={size}")
        self.padding = padding
        self.size = size

    def build(self, features_shape, flow_shape):
        if len(features_shape) != 4 or len(flow_shape) != 4 or flow_shape[-1] != 2:
            raise ValueError(
                "`FlowWarp` takes features `[B, h, w, C]` and flow `[B, fh, fw, 2]`. "
                f"Received: features shape {features_shape}, flow shape {flow_shape}"
            )
        self.built = True

    def call(self, features, flow):
        features = ops.cast(features, self.compute_dtype)
        height, width = known_size(features)
        known_size(flow)
        if self.size is not None:
            height = width = self.size
        flow = ops.cast(flow, "float32")
        return form_of(warp)(features, flow, height, width, self.padding)

    def compute_output_shape(self, features_shape, flow_shape):
        if self.size is None:
            return tuple(features_shape)
        return (features_shape[0], self.size, self.size, features_shape[-1])

    def get_config(self):
        config = super().get_config()
        config.update({"padding": self.padding, "size": self.size})
        return config


def warp(features, flow, height, width, padding):
    """The usual form of `FlowWarp`, to an output of `height` by `width`."""
    _, h, w, _ = features.shape
    _, flow_height, flow_width, _ = flow.shape
    if (flow_height, flow_width) != (height, width):
        flow = _resize(flow, height, width)
    dx, dy = (ops.squeeze(part, -1) for part in ops.split(flow, 2, axis=-1))
    x, y = pixel_axes(height, width)
    if (height, width) != (h, w):
        x = (x + 0.5) * (w / width) - 0.5
        y = (y + 0.5) * (h / height) - 0.5
    x, y = x + dx * (w / flow_width), y + dy * (h / flow_height)
    return bilinear_sample(features, x, y, padding)


def resize_flow(flow, height, width):
    """Resizes a flow to another grid and rescales it to that grid's pixels.

    Args:
        flow: float32 `[B, fh, fw, 2]`, (dx, dy) in pixels of its own grid.
        height: rows of the new grid.
        width: columns of the new grid.

    Returns:
        float32 `[B, height, width, 2]`, in pixels of the new grid.
    """
    _, fh, fw, _ = flow.shape
    if (fh, fw) == (height, width):
        return flow
    flow = _resize(flow, height, width)
    return flow * ops.convert_to_tensor([width / fw, height / fh], "float32")


def _resize(flow, height, width):
    return ops.image.resize(
        flow, (height, width), interpolation="bilinear", data_format="channels_last"
    )
