import cv2
import numpy as np
import pytest
from keras import ops

from aan_keras.layers.person_outline import background_odds, face_coordinates
from aan_keras.models import PersonNet
from tests.layers.check_layer import as_numpy
from tests.layers.sample_face import sample_landmarks

RNG = np.random.default_rng(0)
PHOTOS = RNG.uniform(-1, 1, (2, 64, 64, 3)).astype("float32")
LANDMARKS = sample_landmarks(2, 64)


def shaken(image_size, size=32, **arguments):
    net = PersonNet(image_size, size, width=8, **arguments)
    rng = np.random.default_rng(1)
    for variable in net.weights:
        noise = rng.normal(scale=0.1, size=variable.shape)
        variable.assign_add(noise.astype("float32"))
    return net


def test_before_training_it_is_the_usual_outline():
    net = PersonNet(64, 32, width=8)
    odds = as_numpy(net(PHOTOS, LANDMARKS))
    assert odds.shape == net.compute_output_shape((2, 64, 64, 3), (2, 68, 2))
    half = ops.convert_to_tensor((LANDMARKS + 0.5) / 2 - 0.5)
    expected = as_numpy(background_odds(*face_coordinates(half, 32)))
    np.testing.assert_allclose(odds, expected, atol=1e-4)
    assert expected.min() < -7 and expected.max() > 2


def test_people_are_as_large_whatever_the_photo_is():
    """The same weights, and a photo with twice the pixels."""
    large = np.repeat(np.repeat(PHOTOS, 2, axis=1), 2, axis=2)
    small, twice = shaken(64), PersonNet(128, 32, width=8)
    twice.set_weights(small.get_weights())
    expected = as_numpy(small(PHOTOS, LANDMARKS))
    found = as_numpy(twice(large, (LANDMARKS + 0.5) * 2 - 0.5))
    np.testing.assert_allclose(found, expected, atol=1e-3)
    assert np.abs(expected - as_numpy(small(-PHOTOS, LANDMARKS))).max() > 0.05


def test_every_pixel_counts():
    """The photo is seen at twice the size of the mask."""
    net = shaken(64)
    checks = np.indices((64, 64)).sum(0)[None, ..., None] % 2 * 2.0 - 1
    other = PHOTOS + 0.5 * checks.astype("float32")
    # Of the same mean in every 2 by 2.
    for pair in zip(PHOTOS, other):
        means = [cv2.resize(x, (32, 32), interpolation=cv2.INTER_AREA) for x in pair]
        np.testing.assert_allclose(*means, atol=1e-6)
    changes = as_numpy(net(other, LANDMARKS)) - as_numpy(net(PHOTOS, LANDMARKS))
    assert np.abs(changes).max() > 0.05


def test_landmarks_stay_exact_in_bfloat16():
    net = PersonNet(64, 32, width=8, dtype="mixed_bfloat16")
    odds = as_numpy(net(PHOTOS, LANDMARKS))
    assert odds.dtype == np.float32
    expected = as_numpy(PersonNet(64, 32, width=8)(PHOTOS, LANDMARKS))
    np.testing.assert_allclose(odds, expected, atol=1e-4)


@pytest.mark.parametrize("arguments", [{"size": 36}, {"width": 12}])
def test_refused(arguments):
    with pytest.raises(ValueError, match="multiples of 8"):
        PersonNet(64, **{"size": 32, **arguments})
