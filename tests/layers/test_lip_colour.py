import numpy as np
import pytest
from skimage.draw import ellipse, polygon2mask

from aan_keras.layers.lip_colour import LipColour
from aan_keras.layers.opening_mask import OpeningMask
from tests.layers.check_layer import as_numpy, check_layer
from tests.layers.sample_face import sample_landmarks

SIZE = 64
USUAL = np.exp([-0.077, -0.206, -0.147])
OUTER = (48, 49, 50, 51, 52, 53, 54), (48, 59, 58, 57, 56, 55, 54)
INNER = (60, 61, 62, 63, 64), (60, 67, 66, 65, 64)


def painted_faces(landmarks, lips):
    """Skin of one colour, and lips that reflect `lips` of its light."""
    images = np.empty((len(landmarks), SIZE, SIZE, 3), "float32")
    skin = np.array([1.4, 1.1, 0.9])
    for image, points in zip(images, landmarks):
        image[:] = skin - 1.02
        image[polygon2mask((SIZE, SIZE), points[48:60, ::-1])] = skin * lips - 1.02
    return images


def random_images(seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(-1, 1, (2, SIZE, SIZE, 3)).astype("float32")


def lips_of(landmarks):
    outer, inner = (as_numpy(OpeningMask(SIZE, *c)(landmarks)) for c in (OUTER, INNER))
    return np.maximum(outer - inner, 0).astype("float64")


def test_layer():
    landmarks = sample_landmarks(2, SIZE)
    output = check_layer(
        LipColour,
        {"size": SIZE},
        [random_images(), landmarks, lips_of(landmarks).astype("float32")],
        (2, 1, 1, 3),
        fixed_inputs=(1,),
    )
    assert (output[..., 0] == 1).all()


def test_gain_is_the_formula():
    images, landmarks = random_images(1), sample_landmarks(2, SIZE)
    lips = lips_of(landmarks)
    images -= np.float32(0.8) * (lips * [0, 0.5, 1]).astype("float32")
    images = images.clip(-1)
    gains = as_numpy(LipColour(SIZE)(images, landmarks, lips.astype("float32")))
    for gain, image, points, area in zip(gains, images, landmarks, lips):
        light = image.astype("float64") + 1.02
        low, high = points.min(0).astype("float64"), points.max(0).astype("float64")
        (x, y), (rx, ry) = (low + high) / 2, (high - low) / 2
        face = light[ellipse(y, x, ry, rx, shape=(SIZE, SIZE))].mean(0)
        red = (light * area).sum((0, 1)) / area.sum()
        r = np.log(USUAL * face / red)
        d2 = ((r - r.mean()) ** 2).sum()
        expected = np.exp((r - r[0]) * d2 / (d2 + 0.04)).clip(0.4, 2.5)
        np.testing.assert_allclose(gain, expected[None, None], atol=1e-5)
        assert np.ptp(expected) > 0.1


def test_lips_are_between_the_outer_and_the_inner_chain():
    landmarks = sample_landmarks(2, SIZE)
    lips = as_numpy(LipColour(SIZE).lips(landmarks))
    np.testing.assert_allclose(lips, lips_of(landmarks), atol=1e-6)
    assert (lips == 1).any()


def test_lipstick_is_evened_out_to_the_usual_colour():
    landmarks = sample_landmarks(2, SIZE)
    images = painted_faces(landmarks, USUAL * [1, 0.4, 0.45])
    layer = LipColour(SIZE)
    lips = layer.lips(landmarks)
    gain = layer(images, landmarks, lips)
    even = as_numpy(layer.even_out(images, lips, gain))
    for before, after, area in zip(images, even, as_numpy(lips)[..., 0]):
        inside = area == 1
        assert inside.sum() > 20
        light, old = after[inside] + 1.02, before[inside] + 1.02
        np.testing.assert_allclose(light[:, 0], old[:, 0], rtol=1e-6)
        # Not wholly: the lips are a part of the face that they are compared with.
        left = np.log(light.mean(0) / ([1.4, 1.1, 0.9] * USUAL))
        assert np.abs(left - left[0]).max() < np.log(1 / 0.4) / 3
        np.testing.assert_allclose(after[area == 0], before[area == 0], atol=2e-7)


@pytest.mark.parametrize("dark", [1.0, 0.6])
def test_lips_of_the_usual_hue_stay_as_they_are(dark):
    """Also those that shadow makes darker than usual."""
    landmarks = sample_landmarks(2, SIZE)
    images = painted_faces(landmarks, USUAL * dark)
    layer = LipColour(SIZE)
    gain = layer(images, landmarks, layer.lips(landmarks))
    np.testing.assert_allclose(gain, 1, atol=2e-3)


def test_the_gain_has_its_bounds():
    landmarks = sample_landmarks(2, SIZE)
    images = painted_faces(landmarks, np.array([1.0, 0.05, 4.0]) * USUAL)
    layer = LipColour(SIZE)
    gain = as_numpy(layer(images, landmarks, layer.lips(landmarks)))
    np.testing.assert_allclose(gain[:, 0, 0], [[1, 2.5, 0.4]] * 2, rtol=1e-6)


def test_restore_undoes_even_out():
    images, landmarks = random_images(2), sample_landmarks(2, SIZE)
    images[lips_of(landmarks)[..., 0] > 0, 2] = -0.9
    layer = LipColour(SIZE)
    lips = layer.lips(landmarks)
    gain = layer(images, landmarks, lips)
    even = layer.even_out(images, lips, gain)
    assert np.abs(as_numpy(even) - images).max() > 0.05
    np.testing.assert_allclose(layer.restore(even, lips, gain), images, atol=5e-7)


def test_within_an_opened_mouth_there_are_no_lips():
    landmarks = sample_landmarks(2, SIZE)
    landmarks[:, 65:68] += [0, 5]
    lips = np.full((2, SIZE, SIZE, 1), 0.7, "float32")
    left = as_numpy(LipColour(SIZE).not_inside(lips, landmarks))
    opening = as_numpy(OpeningMask(SIZE, *INNER)(landmarks))
    np.testing.assert_allclose(left, np.minimum(0.7, 1 - opening), atol=1e-6)
    assert (left == 0).any()


def test_lips_that_have_not_moved_are_all_outside_of_their_mouth():
    landmarks = sample_landmarks(2, SIZE)
    layer = LipColour(SIZE)
    lips = layer.lips(landmarks)
    np.testing.assert_array_equal(layer.not_inside(lips, landmarks), lips)


@pytest.mark.parametrize("reach", [500, 40])
def test_lips_outside_of_the_image(reach):
    """With all of the face, and with a part of it within."""
    landmarks = sample_landmarks(2, SIZE) + [0, reach]
    layer = LipColour(SIZE)
    lips = layer.lips(landmarks)
    assert not as_numpy(lips).any()
    gain = layer(random_images(), landmarks, lips)
    np.testing.assert_allclose(gain, 1, atol=1e-6)


def test_what_is_darker_than_black_counts_as_black():
    images, landmarks = random_images() - 0.6, sample_landmarks(2, SIZE)
    layer = LipColour(SIZE)
    lips = layer.lips(landmarks)
    gains = [layer(x, landmarks, lips) for x in (images, images.clip(-1))]
    np.testing.assert_array_equal(*map(as_numpy, gains))
    very_dark = as_numpy(layer(images - 5, landmarks, lips))
    np.testing.assert_allclose(very_dark, 1, atol=0.2)
