"""What a Reenactor fills in where the head was."""

import numpy as np
import pytest
import scipy
from keras import ops

from aan_keras.layers.flow_warp import resize_flow
from aan_keras.layers.square_resize import resize
from aan_keras.models.preset import named_variables
from tests.layers.check_layer import as_numpy
from tests.models.face_share import face_share
from tests.models.tiny import LAYERED, batch_of, shake, tiny_reenactor


def test_the_filled_background_shows_where_the_head_was():
    """The face moves to the right: to its left is what the photo does not show."""
    arguments = {**LAYERED, "statistics": "instance", "anchor": True}
    model = tiny_reenactor(**arguments, background=True)
    plain = tiny_reenactor(**arguments)
    shake(model)
    inputs = batch_of(2)
    still = {**inputs, "driving_landmarks": inputs["source_landmarks"]}
    assert as_numpy(model.generate(still)["filled"]).max() < 0.01
    moved = inputs["source_landmarks"] + np.array([20.0, 0.0], "float32")
    inputs["driving_landmarks"] = moved
    code = model.encode_source(inputs["source"], inputs["source_landmarks"])
    painted = model.paint(code, moved, False)
    stretched = as_numpy(
        painted["image"] + model.warp_known(code["anchor"], painted["flow"])
    )
    stays = as_numpy(model._stays(code, painted, model._off_person(moved)[1]))
    stays = as_numpy(resize(stays, 64))
    stretched += stays * (as_numpy(code["source"]) - stretched)
    filled, share = (as_numpy(model.generate(inputs)[n]) for n in ("image", "filled"))
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


def test_background_stays_where_it_is():
    """Whatever the flow estimator makes of it, and the nets."""
    model = tiny_reenactor(**LAYERED, background=True)
    shake(model)
    inputs = batch_of(2)
    # Faces with much around them.
    landmarks = 0.5 * as_numpy(inputs["source_landmarks"]) + np.float32(20.0)
    moved = ops.convert_to_tensor(landmarks + np.array([4.0, 0.0], "float32"))
    code = model.encode_source(inputs["source"], landmarks)
    painted = model.paint(code, moved, False)
    stays = as_numpy(model._stays(code, painted, model._off_person(moved)[1]))
    was = as_numpy(code["head"]) + as_numpy(code["body"])
    is_now = np.zeros_like(was)
    is_now[:, :, 2:] = as_numpy(code["head"])[:, :, :-2]
    assert stays.shape == was.shape == (2, 32, 32, 1)
    assert stays[(was > 0.5) | (is_now > 0.75)].max() < 0.01
    # What is the head's by less than half may stay.
    rim = (was < 0.05) & (is_now > 0.3) & (is_now < 0.4)
    assert stays[rim].max() > 0.85
    # The body may be a pixel or two further on.
    nobody = scipy.ndimage.maximum_filter(was, (1, 5, 5, 1)) < 0.05
    assert stays[nobody].min() > 0.9 and nobody.sum() > 200
    image, flow, filled = map(as_numpy, model.drive_with_fill(code, moved))
    before = as_numpy(resize_flow(painted["flow"], 32, 32))
    np.testing.assert_allclose(flow, (1 - stays) * before, atol=1e-5)
    assert np.abs(before[nobody[..., 0]]).max() > 0.3
    assert np.abs(flow[nobody[..., 0]]).max() < 0.1
    sure = (as_numpy(resize(stays, 64)) > 0.98)[..., 0] & (filled[..., 0] < 0.01)
    source = as_numpy(inputs["source"])
    assert sure.sum() > 300
    change = np.abs(as_numpy(painted["image"]) - source)[sure]
    assert (np.abs(image - source)[sure] < 0.03 * (change + 1)).all()
    assert change.max() > 0.3


def test_a_small_hole_in_a_head_is_no_background():
    model = tiny_reenactor(**LAYERED, background=True)
    odds = np.full((1, 32, 32, 1), -5.0, "float32")
    odds[0, 4:6, 10:20] = 5.0  # 3 are a ninth of this photo's 32.
    odds[0, 20:24, 20:24] = 6.0
    expected = np.where(odds == 5.0, -5.0, odds)
    np.testing.assert_array_equal(model._without_holes(odds), expected)


def test_background_at_the_border_is_wider_than_it_shows():
    model = tiny_reenactor(**LAYERED, background=True)
    odds = np.full((1, 32, 32, 1), -5.0, "float32")
    odds[0, 0] = odds[0, :, 31] = odds[0, 30:, :6] = 4.0
    np.testing.assert_array_equal(model._without_holes(odds), odds)


def test_hair_goes_with_the_head():
    """Whatever the flow estimator makes of it."""
    model, plain = (tiny_reenactor(**LAYERED, background=b) for b in (True, False))
    shake(model)
    weights = named_variables(model)
    for name, variable in named_variables(plain).items():
        variable.assign(weights[name])
    inputs = batch_of(2)
    photo = inputs["source"], inputs["source_landmarks"]
    moved = as_numpy(inputs["source_landmarks"]) + np.array([4.0, 0.0], "float32")
    estimated = as_numpy(plain.drive_with_flow(plain.encode_source(*photo), moved)[1])
    painted = model.paint(model.encode_source(*photo), moved, False)
    flow, is_now = as_numpy(painted["flow"]), as_numpy(painted["head"])
    assert flow.shape == (2, 16, 16, 2) and is_now.shape == (2, 32, 32, 1)
    is_now = is_now.reshape(2, 16, 2, 16, 2).mean((2, 4))
    for i, marks in enumerate((moved + 0.5) / 4 - 0.5):
        share = np.clip(2 * is_now[i] - 1, 0, 1)[..., None]
        share *= 1 - face_share(marks, 16)
        expected = estimated[i] + share * ([-1.0, 0.0] - estimated[i])
        np.testing.assert_allclose(flow[i], expected, atol=1e-5)
        # Above the brows it is hair.
        x, y = marks[27].round().astype(int)
        assert share[:y].max() > 0.9 and share[y, x] < 0.01
    assert np.abs(flow - estimated).max() > 0.2


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
    assert all_names - trained == {v.path for v in model.person_net.variables}


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
