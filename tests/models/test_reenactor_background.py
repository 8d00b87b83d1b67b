"""What a Reenactor fills in where the head was."""

import numpy as np
import pytest

from aan_keras.models.preset import named_variables
from tests.layers.check_layer import as_numpy
from tests.models.tiny import LAYERED, batch_of, shake, tiny_reenactor


def test_the_filled_background_shows_where_the_head_was():
    """The face moves to the right: to its left is what the photo does not show."""
    arguments = {**LAYERED, "statistics": "instance"}
    model = tiny_reenactor(**arguments, background=True, anchor=True)
    plain = tiny_reenactor(**arguments, anchor=True)
    shake(plain)
    weights = named_variables(plain)
    for name, variable in named_variables(model).items():
        if name in weights:
            variable.assign(weights[name])
    inputs = batch_of(2)
    still = {**inputs, "driving_landmarks": inputs["source_landmarks"]}
    np.testing.assert_allclose(model(still), plain(still), atol=0.01)
    moved = inputs["source_landmarks"] + np.array([20.0, 0.0], "float32")
    inputs["driving_landmarks"] = moved
    filled, stretched = (as_numpy(m.generate(inputs)["image"]) for m in (model, plain))
    code = model.encode_source(inputs["source"], inputs["source_landmarks"])
    share = as_numpy(model._left_behind(code, moved))
    expected = stretched + share * (as_numpy(code["background"]) - stretched)
    np.testing.assert_allclose(filled, expected, atol=2e-5)
    brows = as_numpy(inputs["source_landmarks"])[0, 17:27].mean(0)
    x, y = brows.round().astype(int)
    assert share[0, y, x - 18] > 0.6 and share[0, y, x + 5 :].max() < 0.01
    assert np.abs(filled - stretched).max() > 0.2
    image, flow, told = model.drive_with_fill(code, moved)
    np.testing.assert_array_equal(told, share)
    for part, expected in zip(
        (image, flow), model.drive_with_flow(code, moved), strict=True
    ):
        np.testing.assert_array_equal(part, expected)
    code = plain.encode_source(inputs["source"], inputs["source_landmarks"])
    assert not as_numpy(plain.drive_with_fill(code, moved)[2]).any()


def test_a_small_hole_in_a_head_is_no_background():
    model = tiny_reenactor(**LAYERED, background=True)
    odds = np.full((1, 32, 32, 1), -5.0, "float32")
    odds[0, 4:6, 10:20] = 5.0  # 3 are a ninth of this photo's 32.
    odds[0, 20:24, 20:24] = 6.0
    expected = np.where(odds == 5.0, -5.0, odds)
    np.testing.assert_array_equal(model._without_holes(odds), expected)


def test_training_sees_no_filled_background():
    arguments = {**LAYERED, "statistics": "instance"}
    model = tiny_reenactor(**arguments, background=True)
    plain = tiny_reenactor(**arguments)
    weights = named_variables(plain)
    for name, variable in named_variables(model).items():
        if name in weights:
            variable.assign(weights[name])
    inputs = batch_of(2)
    found, wanted = (m.generate(inputs, training=True) for m in (model, plain))
    np.testing.assert_allclose(found["image"], wanted["image"], atol=1e-6)
    trained, all_names = (
        {v.path for net in model.generator_nets for v in getattr(net, kind)}
        for kind in ("trainable_variables", "variables")
    )
    assert {n.split("/")[0] for n in all_names - trained} == {"background"}


def test_person_mask_is_the_outline_before_it_is_taught():
    model = tiny_reenactor(**LAYERED, background=True, exposure=True)
    inputs = batch_of(2)
    mask = as_numpy(model.person_mask(inputs["source"], inputs["source_landmarks"]))
    assert mask.shape == (2, 64, 64, 1) and mask.min() >= 0 and mask.max() <= 1
    for one, face in zip(mask[..., 0], as_numpy(inputs["source_landmarks"])):
        x, y = face[30].round().astype(int)
        assert one[y, x] > 0.99
        assert one[2, 2] < 0.2 or one[2, -3] < 0.2
    plain = tiny_reenactor(**LAYERED)
    with pytest.raises(ValueError, match="`background`"):
        plain.person_mask(inputs["source"], inputs["source_landmarks"])
