import numpy as np
import pytest
from scipy.interpolate import RegularGridInterpolator
from skimage.draw import ellipse

from aan_keras.layers import mouth_inside
from aan_keras.layers.mouth_inside import MouthInside
from aan_keras.layers.opening_mask import OpeningMask
from tests.layers.check_layer import as_numpy, check_layer
from tests.layers.sample_face import sample_landmarks

SIZE = 64
INNER = (60, 61, 62, 63, 64), (60, 67, 66, 65, 64)
LOWER_LIP = [55, 56, 57, 58, 59, 65, 66, 67]


def opened(landmarks, pixels):
    """The lower lip moved down, in each face by its number of pixels."""
    other = landmarks.copy()
    other[:, LOWER_LIP, 1] += np.reshape(pixels, (-1, 1)).astype("float32")
    return other


def closed_faces(count):
    """The lower lip half a pixel below the upper."""
    landmarks = sample_landmarks(count, SIZE)
    gaps = landmarks[:, 65:68, 1].mean(1) - landmarks[:, 61:64, 1].mean(1)
    return opened(landmarks, 0.5 - gaps)


def opening_of(points):
    gaps = [
        np.linalg.norm(points[a] - points[b])
        for a, b in zip((61, 62, 63), (67, 66, 65))
    ]
    return np.mean(gaps) / np.hypot(
        np.linalg.norm(points[45] - points[36]), np.linalg.norm(points[33] - points[27])
    )


def random_images(seed=0, count=2):
    rng = np.random.default_rng(seed)
    return rng.uniform(-1, 1, (count, SIZE, SIZE, 3)).astype("float32")


def reference(image, light, source, points, usual, darker):
    """The docstring's formula for one face, in float64."""
    source, points = source.astype("float64"), points.astype("float64")
    before, now = opening_of(source), opening_of(points)
    if now <= before:
        return image.astype("float64")
    mask = as_numpy(OpeningMask(SIZE, *INNER)(points[None].astype("float32")))[0]
    pixels = image.astype("float64") + 1.02
    curves = OpeningMask(SIZE, *INNER).curves(points[None].astype("float32"))
    along, upper, lower = (as_numpy(x)[0, ..., 0].astype("float64") for x in curves)
    height = np.clip(-upper / np.maximum(lower - upper, 0.5), 0, 1)
    out = np.clip(np.abs(2 * along - 1), 0, 1)
    table = mouth_inside._USUAL.astype("float64")
    knots = [np.linspace(0, 1, n) for n in table.shape[:3]]
    wide = np.full_like(height, min(now / 0.27, 1))
    inside = RegularGridInterpolator(knots, table)(np.stack([wide, height, out], -1))
    new = min((now - before) / 0.09, 1)
    share = usual * new * max(1 - before / 0.06, 0) * mask
    mixed = pixels + share * (light * np.exp(inside) - pixels)
    grey = mixed @ [0.299, 0.587, 0.114]
    mean = (grey * mask[..., 0]).sum() / mask.sum()
    contrast = np.minimum(grey / mean, 1)[..., None]
    return mixed * contrast ** (darker * new * mask) - 1.02


def test_layer():
    source = closed_faces(2)
    check_layer(
        MouthInside,
        {"size": SIZE, "usual": 0.4, "darker": 0.9},
        [
            random_images(),
            np.array([[1.2, 1, 0.8], [0.7, 0.6, 0.5]], "float32")[:, None, None],
            source,
            opened(source, [3, 6]),
        ],
        (2, SIZE, SIZE, 3),
    )


@pytest.mark.parametrize(
    "arguments", [{}, {"usual": 1.0, "darker": 0.0}, {"usual": 0.0, "darker": 2.0}]
)
def test_it_is_the_formula(arguments):
    source = opened(closed_faces(4), [0, 0.3, 0.7, 4])
    landmarks = opened(source, [2, 9, 4, -3])
    images, layer = random_images(1, 4), MouthInside(SIZE, **arguments)
    light = layer.light(random_images(2, 4), source)
    found = as_numpy(layer(images, light, source, landmarks))
    values = {"usual": layer.usual, "darker": layer.darker}
    for i in range(4):
        expected = reference(
            images[i], as_numpy(light)[i], source[i], landmarks[i], **values
        )
        np.testing.assert_allclose(found[i], expected, atol=2e-5)
        assert np.abs(expected - images[i]).max() > (0.05 if i < 2 else -1)


def test_light_is_the_mean_over_the_face():
    images, landmarks = random_images(3), sample_landmarks(2, SIZE)
    images[0, :30] -= 0.7
    found = as_numpy(MouthInside(SIZE).light(images, landmarks))
    for light, image, points in zip(found, images, landmarks):
        low, high = points.min(0).astype("float64"), points.max(0).astype("float64")
        (x, y), (rx, ry) = (low + high) / 2, (high - low) / 2
        face = image[ellipse(y, x, ry, rx, shape=(SIZE, SIZE))].astype("float64")
        expected = (face.clip(-1) + 1.02).mean(0)
        np.testing.assert_allclose(light, expected[None, None], rtol=1e-5)


@pytest.mark.parametrize("closes_by", [0, 3])
def test_what_was_seen_and_what_is_around_the_mouth_stays_to_the_bit(closes_by):
    source = opened(closed_faces(2), 8)
    images, layer = random_images(4), MouthInside(SIZE)
    light = layer.light(images, source)
    same = layer(images, light, source, opened(source, -closes_by))
    np.testing.assert_array_equal(as_numpy(same), images)
    landmarks = opened(source, 5)
    changed = as_numpy(layer(images, light, source, landmarks)) != images
    mask = as_numpy(OpeningMask(SIZE, *INNER)(landmarks)) > 0
    assert changed.any(-1, keepdims=True)[mask].mean() > 0.3
    assert not (changed & ~mask).any()


def test_a_smear_of_skin_becomes_a_mouth():
    """All of one colour: no contrast, so the shape comes from the mean alone."""
    source = closed_faces(2)
    landmarks = opened(source, 9)
    images = np.full((2, SIZE, SIZE, 3), 0.1, "float32") + [0.2, 0, -0.1]
    layer = MouthInside(SIZE)
    found = as_numpy(layer(images, layer.light(images, source), source, landmarks))
    mask = as_numpy(OpeningMask(SIZE, *INNER)(landmarks))[..., 0] == 1
    inside = (found[mask] + 1.02) @ [0.299, 0.587, 0.114]
    skin = [1.32, 1.12, 1.02] @ np.array([0.299, 0.587, 0.114])
    assert inside.min() < 0.75 * skin
    assert inside.mean() < 0.95 * skin


def test_faces_outside_of_the_image_and_what_is_darker_than_black():
    source = sample_landmarks(2, SIZE) + np.float32(500)
    images, layer = random_images(5) - np.float32(0.7), MouthInside(SIZE)
    light = layer.light(images, source)
    np.testing.assert_array_equal(as_numpy(light), 1)
    same = as_numpy(layer(images, light, source, opened(source, 9)))
    np.testing.assert_array_equal(same, images)
    within = source - np.float32(500)
    found = layer(images, layer.light(images, within), within, opened(within, 9))
    assert np.isfinite(as_numpy(found)).all()


@pytest.mark.parametrize("wrong", [{"usual": 1.1}, {"usual": -0.1}, {"darker": -1}])
def test_refused_arguments(wrong):
    with pytest.raises(ValueError, match="must be from 0 to 1 and"):
        MouthInside(SIZE, **wrong)


def test_teeth_that_the_photo_shows_are_not_mixed_with_others():
    source = opened(closed_faces(2), 8)
    images, landmarks = random_images(6), opened(source, 6)
    layer = MouthInside(SIZE, usual=1.0, darker=0.0)
    same = as_numpy(layer(images, layer.light(images, source), source, landmarks))
    np.testing.assert_allclose(same, images, atol=1e-6)
