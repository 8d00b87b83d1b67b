"""Local strength of detail against the formula in float64 NumPy."""

import keras
import numpy as np
import pytest
from scipy import ndimage

from aan_keras.losses import DetailLoss
from tests.layers.check_layer import as_numpy
from tests.losses.loss_gradients import loss_gradients


def images(seed, size=28):
    return np.random.default_rng(seed).uniform(-1, 1, (2, size, size, 3))


def strength(image, epsilon):
    binomial, laplacian = np.array([1, 2, 1]) / 4, [[0, 1, 0], [1, -4, 1], [0, 1, 0]]
    smooth = ndimage.convolve(image, np.outer(binomial, binomial)[..., None])
    energy = ndimage.convolve(smooth, np.array(laplacian)[..., None])[2:-2, 2:-2] ** 2
    # 24 pixels hold whole windows of 8, but for the halves at the border.
    windows = []
    for y in range(-2, 22, 4):
        for x in range(-2, 22, 4):
            part = energy[max(y, 0) : y + 8, max(x, 0) : x + 8]
            windows.append(part.mean((0, 1)))
    return np.sqrt(np.array(windows) + epsilon**2)


def test_formula():
    true, pred = images(0), images(1) * 0.5
    expected = [
        np.abs(strength(t, 1 / 255) - strength(p, 1 / 255)).mean()
        for t, p in zip(true, pred)
    ]
    loss = DetailLoss(reduction=None)(true.astype("float32"), pred.astype("float32"))
    np.testing.assert_allclose(as_numpy(loss), expected, rtol=1e-5)
    value = DetailLoss()(true.astype("float32"), pred.astype("float32"))
    np.testing.assert_allclose(float(value), np.mean(expected), rtol=1e-5)


def test_moved_detail_costs_little_and_lost_detail_much():
    true = images(0, 68).astype("float32")
    moved = np.roll(true, 3, axis=2)
    blurred = ndimage.gaussian_filter(true, (0, 1, 1, 0)).astype("float32")
    loss = DetailLoss()
    assert float(loss(true, true)) == 0.0
    assert float(loss(true, moved)) < 0.15 * float(loss(true, blurred))


def test_a_checkerboard_is_no_detail():
    """Else it is what a net paints first."""
    true = images(0).astype("float32")
    sign = (-1.0) ** np.add.outer(np.arange(28), np.arange(28))[None, ..., None]
    for pattern in (sign, (-1.0) ** np.arange(28)[None, :, None, None] + 0 * sign):
        pattern = pattern.astype("float32")
        loss, flat = DetailLoss(), 0 * true
        assert float(loss(flat, pattern + flat)) < 1e-6
        np.testing.assert_allclose(
            float(loss(true, true + pattern)), 0, atol=1e-3 * float(loss(true, flat))
        )


def test_gradient_of_flat_images_is_finite():
    flat = np.zeros((1, 18, 18, 3), "float32")
    true = images(0, 18)[:1].astype("float32")
    _, (gradient,) = loss_gradients(lambda pred: DetailLoss()(true, pred), [flat])
    assert np.isfinite(as_numpy(gradient)).all()


@pytest.mark.parametrize("window", [0, 1, 7])
def test_bad_window(window):
    with pytest.raises(ValueError, match=f"even and positive. Received: .*{window}"):
        DetailLoss(window)


@pytest.mark.parametrize("shape", [(1, 4, 9, 3), (1, 9, 4, 3)])
def test_small_images_are_refused(shape):
    image = np.zeros(shape, "float32")
    with pytest.raises(ValueError, match="5 x 5 pixels.*Received: images of shape"):
        DetailLoss()(image, image)
    smallest = np.zeros((1, 5, 5, 3), "float32")
    assert float(DetailLoss()(smallest, smallest)) == 0.0


def test_config():
    loss = DetailLoss(window=4, epsilon=0.1)
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert (again.window, again.epsilon, again.name) == (4, 0.1, "detail_loss")
