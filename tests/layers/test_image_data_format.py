"""Layers that take `[B, h, w, C]` do so whatever Keras' setting is."""

import keras
import numpy as np
import pytest

from aan_keras.layers import (
    BackgroundFill,
    DownBlock,
    FlowWarp,
    FusionBlock,
    ResidualBlock,
    SpatiallyAdaptiveNorm,
    UpBlock,
    ZeroConv2D,
)
from aan_keras.losses import DetailLoss
from tests.layers.check_layer import as_numpy

CASES = {
    "FlowWarp": (FlowWarp, [(8, 6, 3), (4, 3, 2)]),
    "BackgroundFill": (BackgroundFill, [(8, 12, 3), (4, 6, 1)]),
    "DownBlock": (lambda: DownBlock(4), [(8, 6, 3)]),
    "UpBlock": (lambda: UpBlock(4), [(4, 3, 3), (8, 6, 2)]),
    "ResidualBlock": (lambda: ResidualBlock(4), [(8, 6, 3)]),
    "ZeroConv2D": (lambda: ZeroConv2D(4, spectral_norm=False), [(8, 6, 3)]),
    "SpatiallyAdaptiveNorm": (
        lambda: SpatiallyAdaptiveNorm(4),
        [(4, 3, 3), (8, 6, 2)],
    ),
    "FusionBlock": (
        lambda: FusionBlock(4),
        [(4, 3, 3), (8, 6, 2), (4, 3, 4), (4, 3, 4)],
    ),
    "DetailLoss": (DetailLoss, [(12, 10, 3)] * 2),
}


@pytest.fixture
def channels_first():
    keras.config.set_image_data_format("channels_first")
    yield
    keras.config.set_image_data_format("channels_last")


@pytest.mark.parametrize("name", CASES)
def test_channels_come_last(name, channels_first):
    make, shapes = CASES[name]
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=(2, *shape)).astype("float32") for shape in shapes]
    layer = make()
    outputs = as_numpy(layer(*inputs))
    keras.config.set_image_data_format("channels_last")
    usual = make()
    expected = as_numpy(usual(*inputs))
    if hasattr(layer, "get_weights"):
        usual.set_weights(layer.get_weights())
        expected = as_numpy(usual(*inputs))
    np.testing.assert_allclose(outputs, expected, atol=1e-6)
