"""The inference copy computes what the model computes."""

import keras
import numpy as np
import pytest

from aan_keras.exporting.inference_model import inference_model, inference_weights
from aan_keras.exporting.late_heads import LateHeads
from aan_keras.layers import SpectralConv2D
from aan_keras.losses import ReenactmentLoss
from tests.models.tiny import DEPARTURES, batch_of, shake, tiny_reenactor

CONFIGURATIONS = {
    "paper": {"num_fusion_blocks": 4},
    "presets": {**DEPARTURES, "statistics": "instance", "up_kernel_size": 1},
    "spade, no local net": {"adaptive_norm": "spade", "local_net": False},
    "layered": {
        **DEPARTURES,
        "flow_prior": "layered",
        "exposure": True,
        "anchor": True,
        "background": True,
        "head_motion": "ellipsoid",
        "shading": True,
        "lip_colour": True,
        "mouth_inside": True,
    },
    "spade, warped": {"adaptive_norm": "spade", "warp_theta": True},
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_same_image(name):
    model = tiny_reenactor(**CONFIGURATIONS[name])
    shake(model, 0.1)
    inputs = batch_of(2)
    model.generate(inputs, training=True)
    before = np.asarray(model(inputs))
    copy = inference_model(model)
    assert not any(isinstance(x, SpectralConv2D) for x in copy._flatten_layers())
    assert before.std() > 0.05
    np.testing.assert_allclose(copy(inputs), before, atol=2e-4)


def test_same_image_with_late_heads():
    arguments = {**CONFIGURATIONS["presets"], "flow_prior": "layered", "openings": True}
    arguments["background"] = True
    model = tiny_reenactor(**arguments)
    shake(model, 0.1)
    inputs = batch_of(2)
    copy = inference_model(model, late_heads=True)
    code = copy.encode_source(inputs["source"], inputs["source_landmarks"])
    assert isinstance(copy, LateHeads)
    assert not any(name.startswith("theta") for name in code)
    np.testing.assert_allclose(copy(inputs), model(inputs), atol=2e-4)


@pytest.mark.parametrize("name", [n for n in CONFIGURATIONS if n != "presets"])
def test_no_late_heads_where_they_would_change_the_image(name):
    model = tiny_reenactor(**CONFIGURATIONS[name])
    assert not isinstance(inference_model(model, late_heads=True), LateHeads)


def test_same_kernel_as_the_layer_folds(reenactor):
    spectral = reenactor.fusion_net.get_layer("fusion_1").conv_1
    plain = inference_model(reenactor).fusion_net.get_layer("fusion_1").conv_1
    assert isinstance(plain, keras.layers.Conv2D)
    for found, wanted in zip(plain.get_weights(), spectral.fold().get_weights()):
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-7)


def test_moving_averages_are_the_weights():
    model = tiny_reenactor(**DEPARTURES)
    model.compile(losses=ReenactmentLoss(gan_weight=0, perceptual=None))
    for average in model.averages:
        average.assign(average + 0.01)
    inputs = batch_of(1)
    np.testing.assert_allclose(inference_model(model)(inputs), model(inputs), atol=1e-5)
    first = np.asarray(model.generator_variables[0])
    name = next(iter(inference_weights(model)))
    np.testing.assert_allclose(inference_weights(model)[name], first + 0.01, atol=1e-6)


def test_half_precision_is_left_behind():
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = tiny_reenactor(local_net=False, spectral_norm=False)
    copy = inference_model(model)
    assert copy.compute_dtype == copy.fusion_net.get_layer("head").compute_dtype
    assert copy.compute_dtype == "float32"
