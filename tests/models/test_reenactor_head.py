"""What `Reenactor` knows of heads as bodies in space."""

import keras
import numpy as np

from aan_keras.layers import (
    EllipsoidFlow,
    HeadShading,
    LandmarkFlow,
    SimilarityFlow,
)
from aan_keras.layers.sampling import bilinear_sample
from tests.layers.check_layer import as_numpy
from tests.models.tiny import LAYERED, batch_of, tiny_reenactor


def test_shading_is_added_to_the_warped_photo():
    plain, shaded = tiny_reenactor(**LAYERED), tiny_reenactor(**LAYERED, shading=True)
    inputs = batch_of(2)
    before, after = (m.generate(inputs)["warped"] for m in (plain, shaded))
    light = shaded.encode_source(inputs["source"], inputs["source_landmarks"])["light"]
    marks = inputs["source_landmarks"], inputs["driving_landmarks"]
    change = keras.ops.image.resize(HeadShading(16, 64)(light, *marks), (64, 64))
    np.testing.assert_allclose(after - before, change, atol=2e-5)
    assert np.abs(as_numpy(change)).max() > 0.01


def test_the_head_motion_is_the_one_that_is_named():
    inputs = batch_of(2)
    marks = inputs["source_landmarks"], inputs["driving_landmarks"]
    for name, flow in (("similarity", SimilarityFlow), ("ellipsoid", EllipsoidFlow)):
        model = tiny_reenactor(**LAYERED, head_motion=name)
        # All of the head's share, and a flow net that adds nothing.
        shares = model.flow_estimator.hourglass.get_layer("shares")
        shares.trainable_variables[-1].assign([-20.0, 20.0, -20.0])
        expected = as_numpy(flow(16, 64)(*marks))
        found = as_numpy(model.generate(inputs)["flow"])
        np.testing.assert_allclose(found, expected, atol=1e-3)


def test_the_spline_adds_to_the_heads_turn_and_meets_the_landmarks():
    model = tiny_reenactor(**LAYERED, head_motion="ellipsoid")
    shares = model.flow_estimator.hourglass.get_layer("shares")
    shares.trainable_variables[-1].assign([-20.0, -20.0, 20.0])
    inputs = batch_of(2)
    source, driving = inputs["source_landmarks"], inputs["driving_landmarks"]
    found = as_numpy(model.generate(inputs)["flow"])
    head = EllipsoidFlow(16, 64, radii=(100, 140, 100))
    carried = as_numpy(head.carry(source, driving, driving))
    beyond = LandmarkFlow(16, 64)(as_numpy(source - carried) + driving, driving)
    expected = as_numpy(head(source, driving)) + as_numpy(beyond)
    np.testing.assert_allclose(found, expected, atol=1e-3)
    assert np.abs(as_numpy(beyond)).max() > 0.1
    # At the nose, where landmarks lie apart, the flow leads to the source's.
    tip = as_numpy(driving)[:, 27:31]
    x, y = ((tip[:, None, :, i] + 0.5) / 4 - 0.5 for i in (0, 1))
    moved = tip + as_numpy(bilinear_sample(4 * found, x, y))[:, 0]
    np.testing.assert_allclose(moved, as_numpy(source)[:, 27:31], atol=1.0)
