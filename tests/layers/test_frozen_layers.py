"""Layers of layers that are frozen stay so, as Keras' single ones do."""

import keras
import numpy as np
import pytest

from aan_keras.layers import (
    DownBlock,
    FusionBlock,
    ResidualBlock,
    SpatiallyAdaptiveNorm,
    UpBlock,
    ZeroConv2D,
)
from tests.layers.check_layer import as_numpy

SMALL, LARGE, SAME = (4, 4, 3), (8, 8, 3), (4, 4, 4)
CASES = {
    "Conv2D": (lambda **k: keras.layers.Conv2D(4, 3, **k), [SMALL]),
    "DownBlock": (lambda **k: DownBlock(4, **k), [SMALL]),
    "UpBlock": (lambda **k: UpBlock(4, **k), [SMALL, LARGE]),
    "ResidualBlock": (lambda **k: ResidualBlock(4, **k), [SMALL]),
    "ZeroConv2D": (lambda **k: ZeroConv2D(4, **k), [SMALL]),
    "SpatiallyAdaptiveNorm": (lambda **k: SpatiallyAdaptiveNorm(4, **k), [SMALL] * 2),
    "FusionBlock": (lambda **k: FusionBlock(4, **k), [SMALL, LARGE, SAME, SAME]),
    "FusionBlock of SPADE": (
        lambda **k: FusionBlock(4, adaptive_norm="spade", **k),
        [SMALL, LARGE, LARGE],
    ),
}


def model_around(layer, shapes):
    inputs = [keras.Input(shape) for shape in shapes]
    return keras.Model(inputs, layer(*inputs))


@pytest.mark.parametrize("name", CASES)
def test_frozen_in_models_made_of_a_config(name, tmp_path):
    make, shapes = CASES[name]
    model = model_around(make(), shapes)
    count = len(model.trainable_weights)
    layer = model.layers[-1]
    layer.trainable = False
    model.save(tmp_path / "frozen.keras")
    copies = [
        keras.saving.load_model(tmp_path / "frozen.keras"),
        keras.models.clone_model(model),
        model_around(type(layer).from_config(layer.get_config()), shapes),
        model_around(make(trainable=False), shapes),
    ]
    for copy in (model, *copies):
        assert not copy.trainable_weights
        copy.layers[-1].trainable = True
        assert len(copy.trainable_weights) == count > 0


def test_frozen_layers_are_not_trained():
    shapes = CASES["FusionBlock"][1]
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=(2, *shape)).astype("float32") for shape in shapes]
    layer = FusionBlock(4, trainable=False)
    layer(*inputs)
    # Statistics and singular vectors that training would go on with.
    for weight in layer.weights:
        weight.assign(as_numpy(weight) + rng.uniform(0.1, 0.2, weight.shape))
    before = layer.get_weights()
    layer(*inputs, training=True)
    for old, new in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
