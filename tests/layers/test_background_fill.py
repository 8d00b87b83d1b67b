import numpy as np
import pytest
from keras import ops
from scipy import ndimage

from aan_keras.layers.background_fill import BackgroundFill
from aan_keras.layers.pull_push import pull_push
from tests.layers.check_layer import as_numpy, check_layer

SIZE = 32


def picture(size=SIZE):
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 1, (2, size, size, 3)).astype("float32")


def odds(size=SIZE):
    rng = np.random.default_rng(0)
    return rng.normal(scale=4, size=(2, size // 2, size // 2, 1)).astype("float32")


def test_layer():
    inputs = [picture(12), odds(12)]
    arguments = {"caution": 1.5, "steepness": 2.0}
    shape = (2, 12, 12, 3)
    check_layer(BackgroundFill, arguments, inputs, shape, mixed_output_dtype="float32")


def test_pulls_and_pushes_at_half_the_resolution():
    images, logits = picture(), odds()
    small = images.reshape(2, SIZE // 2, 2, SIZE // 2, 2, 3).mean((2, 4))
    known = 1 / (1 + np.exp(3.0 * (2.0 - logits.astype("float64"))))
    known = ndimage.grey_erosion(known, (1, 3, 3, 1), mode="nearest").astype("float32")
    expected = as_numpy(pull_push(*map(ops.convert_to_tensor, (small, known))))
    filled = as_numpy(BackgroundFill()(images, logits))
    # Half-way between the centres of four small pixels lie four large ones.
    inner = filled[:, 1:-1, 1:-1].reshape(2, SIZE // 2 - 1, 2, SIZE // 2 - 1, 2, 3)
    corners = [expected[:, i : i + 15, j : j + 15] for i in (0, 1) for j in (0, 1)]
    np.testing.assert_allclose(inner.mean((2, 4)), np.mean(corners, 0), atol=1e-5)


def test_the_foreground_is_gone_and_the_background_stays():
    logits = np.full((1, SIZE // 2, SIZE // 2, 1), 12.0, "float32")
    logits[:, 4:12, 3:14] = -12.0
    image = np.full((1, SIZE, SIZE, 1), -0.6, "float32")
    image[:, 8:24, 6:28] = 0.9
    filled = as_numpy(BackgroundFill()(image, logits))
    np.testing.assert_allclose(filled, -0.6, atol=2e-3)


@pytest.mark.parametrize("shape", [(1, 16, 16, 1), (1, 8, 8, 2), (1, 8, 8)])
def test_odds_are_at_half_the_resolution(shape):
    image = np.zeros((1, 16, 16, 3), "float32")
    with pytest.raises(ValueError, match=r"S / 2, S / 2, 1.*Received: shapes"):
        BackgroundFill()(image, np.zeros(shape, "float32"))
