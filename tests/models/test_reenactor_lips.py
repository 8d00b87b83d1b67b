"""What `Reenactor` does about the colour of lips."""

import numpy as np
import pytest
from keras import ops

from aan_keras.layers import FlowWarp, LipColour, OpeningMask, RegionCrop
from aan_keras.models.preset import named_variables
from tests.layers.check_layer import as_numpy
from tests.models.tiny import DEPARTURES, LAYERED, batch_of, shake, tiny_reenactor


def with_lipstick(inputs):
    """Lips without most of their green and blue."""
    outer = (48, 49, 50, 51, 52, 53, 54), (48, 59, 58, 57, 56, 55, 54)
    lips = as_numpy(OpeningMask(64, *outer)(inputs["source_landmarks"]))
    kept = 1 - lips * np.array([0, 0.7, 0.6], "float32")
    source = (0.5 * as_numpy(inputs["source"]) + 1.22) * kept - 1.02
    return {**inputs, "source": ops.convert_to_tensor(source.astype("float32"))}


def test_the_nets_see_usual_lips_and_the_frame_has_their_own():
    arguments = {**LAYERED, "exposure": True, "openings": True}
    plain, model = (tiny_reenactor(**arguments, lip_colour=on) for on in (False, True))
    shake(plain)
    weights = named_variables(plain)
    for name, variable in named_variables(model).items():
        variable.assign(weights[name])
    inputs = with_lipstick(batch_of(2))
    colour, marks = LipColour(64), inputs["source_landmarks"]
    lips = colour.lips(marks)
    gain = colour(inputs["source"], marks, lips)
    assert as_numpy(gain).max() > 1.8
    even = colour.even_out(inputs["source"], lips, gain)
    # A mouth that opens.
    driving = as_numpy(inputs["driving_landmarks"]).copy()
    driving[:, 55:60] += [0, 4]
    driving[:, 65:68] += [0, 4]
    expected = plain.generate({**inputs, "source": even, "driving_landmarks": driving})
    found = model.generate({**inputs, "driving_landmarks": driving})
    np.testing.assert_allclose(found["flow"], expected["flow"], atol=1e-5)
    lips = colour.not_inside(FlowWarp()(lips, expected["flow"]), driving)
    for name in ("image", "warped"):
        restored = as_numpy(colour.restore(expected[name], lips, gain))
        np.testing.assert_allclose(found[name], restored, atol=2e-5)
        # Where the mouth has opened are no lips.
        inner = (60, 61, 62, 63, 64), (60, 67, 66, 65, 64)
        inside = as_numpy(OpeningMask(64, *inner)(driving))[..., 0] == 1
        assert inside.sum() > 10
        np.testing.assert_allclose(
            as_numpy(found[name])[inside], as_numpy(expected[name])[inside], atol=1e-5
        )
    for region, patch in expected["patches"].items():
        view = RegionCrop(region, patch.shape[1])(lips, driving)
        restored = colour.restore(patch, view, gain) if region == "mouth" else patch
        np.testing.assert_allclose(found["patches"][region], restored, atol=2e-5)


@pytest.mark.parametrize("exposure", [False, True])
def test_an_anchored_photo_with_lipstick_comes_out_as_it_is(exposure):
    arguments = {**LAYERED, "exposure": exposure, "anchor": True}
    model = tiny_reenactor(**arguments, lip_colour=True)
    shake(model)
    head = model.flow_estimator.hourglass.get_layer("flow")
    for variable in head.trainable_variables:
        variable.assign(ops.zeros_like(variable))
    inputs = with_lipstick(batch_of(2))
    inputs["driving_landmarks"] = inputs["source_landmarks"]
    code = model.encode_source(inputs["source"], inputs["source_landmarks"])
    assert as_numpy(code["lip_gain"]).max() > 1.8
    np.testing.assert_allclose(model(inputs), inputs["source"], atol=1e-4)


def test_training_sees_the_photo():
    plain, model = (
        tiny_reenactor(**DEPARTURES, statistics="instance", lip_colour=on)
        for on in (False, True)
    )
    weights = named_variables(plain)
    for name, variable in named_variables(model).items():
        variable.assign(weights[name])
    inputs = with_lipstick(batch_of(2))
    one, other = (m.generate(inputs, training=True)["image"] for m in (plain, model))
    np.testing.assert_array_equal(as_numpy(one), as_numpy(other))
