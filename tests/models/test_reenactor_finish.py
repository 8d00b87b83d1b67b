"""What a frame is finished with where users see it, and losses do not."""

import numpy as np

from aan_keras.layers import MouthInside, UnsharpMask
from tests.layers.check_layer import as_numpy
from tests.models.face_share import face_share
from tests.models.tiny import DEPARTURES, batch_of, shake, tiny_reenactor


def alike(**changes):
    """Two models of the same weights, the second with changed arguments."""
    plain, changed = (tiny_reenactor(**DEPARTURES, **c) for c in ({}, changes))
    shake(plain)
    for net, other in zip(plain.generator_nets, changed.generator_nets):
        other.set_weights(net.get_weights())
    return plain, changed


def losses_see_the_same(plain, changed, inputs):
    images = [
        as_numpy(m.generate(inputs, training=True)["image"]) for m in (plain, changed)
    ]
    np.testing.assert_array_equal(*images)


def test_sharpening():
    plain, sharp = alike(sharpening=0.4)
    inputs = batch_of(2)
    image = plain.generate(inputs, training=False)["image"]
    expected = np.clip(as_numpy(UnsharpMask(0.4)(image)), -1, 1)
    assert np.abs(expected - as_numpy(image)).max() > 0.01
    np.testing.assert_allclose(as_numpy(sharp(inputs)), expected, atol=1e-5)
    losses_see_the_same(plain, sharp, inputs)


def test_the_inside_of_an_opened_mouth():
    plain, inside = alike(mouth_inside=True)
    inputs = batch_of(2)
    driving = as_numpy(inputs["source_landmarks"]).copy()
    driving[:, [55, 56, 57, 58, 59, 65, 66, 67]] += [0, 6]
    inputs["driving_landmarks"] = driving
    image = plain.generate(inputs, training=False)["image"]
    layer, marks = MouthInside(64), inputs["source_landmarks"]
    light = layer.light(inputs["source"], marks)
    expected = as_numpy(layer(image, light, marks, driving)).clip(-1, 1)
    assert np.abs(expected - as_numpy(image)).max() > 0.1
    np.testing.assert_allclose(as_numpy(inside(inputs)), expected, atol=1e-5)
    losses_see_the_same(plain, inside, inputs)


def test_less_of_the_residual_around_the_face():
    plain, kept = alike(residual_around_face=0.25)
    inputs = batch_of(2)
    before, after = (model.generate(inputs, training=False) for model in (plain, kept))
    warped = as_numpy(before["warped"]).astype("float64")
    residual = as_numpy(before["image"]) - warped
    for i, marks in enumerate(as_numpy(inputs["driving_landmarks"])):
        share = 0.25 + 0.75 * face_share(marks)
        expected = warped[i] + share * residual[i]
        np.testing.assert_allclose(as_numpy(after["image"])[i], expected, atol=1e-5)
    # The face keeps it, the corners do not.
    assert np.abs(as_numpy(after["image"]) - as_numpy(before["image"])).max() > 0.01
    losses_see_the_same(plain, kept, inputs)
