import keras
import numpy as np
import pytest

from aan_keras.losses.gan_loss import GANLoss
from tests.layers.check_layer import as_numpy
from tests.losses.loss_gradients import loss_gradients


def logits(seed, spread=3.0):
    rng = np.random.default_rng(seed)
    shapes = [(3, 6, 6, 1), (3, 3, 3, 1)]
    return [rng.normal(scale=spread, size=s).astype("float32") for s in shapes]


def log_sigmoid(x):
    return -np.log1p(np.exp(-x.astype("float64")))


def per_sample(values):
    return sum(v.reshape(len(v), -1).mean(1) for v in values)


def test_discriminator():
    real, fake = logits(0), logits(1)
    expected = -per_sample([log_sigmoid(x) for x in real]) - per_sample(
        [log_sigmoid(-x) for x in fake]
    )
    value = as_numpy(GANLoss(reduction=None).discriminator(real, fake))
    np.testing.assert_allclose(value, expected, rtol=1e-5)
    value = float(GANLoss().discriminator(real, fake))
    np.testing.assert_allclose(value, expected.mean(), rtol=1e-5)


@pytest.mark.parametrize("saturating", [False, True])
def test_generator(saturating):
    fake = logits(1)
    if saturating:
        expected = per_sample([log_sigmoid(-x) for x in fake])
    else:
        expected = -per_sample([log_sigmoid(x) for x in fake])
    for reduction, reduced in [
        (None, expected),
        ("sum", expected.sum()),
        ("sum_over_batch_size", expected.mean()),
    ]:
        loss = GANLoss(saturating, reduction=reduction)
        value = as_numpy(loss.generator(fake))
        np.testing.assert_allclose(value, reduced, rtol=1e-5)


@pytest.mark.parametrize("saturating", [False, True])
def test_generator_gradient(saturating):
    fake = logits(1)[0]
    loss = GANLoss(saturating, reduction="sum")
    _, (gradient,) = loss_gradients(lambda pred: loss.generator(pred), [fake])
    sigmoid = 1 / (1 + np.exp(-fake.astype("float64")))
    expected = -sigmoid / 36 if saturating else (sigmoid - 1) / 36
    np.testing.assert_allclose(as_numpy(gradient), expected, atol=1e-7)


def test_one_scale_needs_no_list():
    real, fake = logits(0)[0], logits(1)[0]
    loss = GANLoss()
    assert float(loss(real, fake)) == float(loss([real], [fake]))
    assert float(loss.generator(fake)) == float(loss.generator([fake]))


def test_extreme_logits():
    sure = [np.full((2, 2, 2, 1), 1e4, "float32")]
    fooled = [-sure[0]]
    loss = GANLoss()
    assert float(loss.discriminator(sure, fooled)) == 0.0
    assert float(loss.discriminator(fooled, sure)) == 2e4
    assert float(loss.generator(fooled)) == 1e4
    assert float(GANLoss(saturating=True).generator(sure)) == -1e4


def test_config():
    loss = GANLoss(saturating=True, reduction="sum", name="adversarial")
    revived = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(loss)
    )
    assert revived.get_config() == loss.get_config()
    assert revived.saturating
