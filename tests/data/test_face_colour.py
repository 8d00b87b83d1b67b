import cv2
import numpy as np
import pytest

from aan_keras.data.face_colour import match_face_colour
from tests.layers.sample_face import sample_landmarks


def photo(seed, mean, spread, size=64):
    rng = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(rng.normal(size=(size, size, 3)), (0, 0), 2)
    return (mean + spread * noise / noise.std()).astype("float32")


def face_values(image, landmarks):
    mask = np.zeros(image.shape[:2], "uint8")
    points = np.round(landmarks).astype("int32")
    cv2.fillConvexPoly(mask, cv2.convexHull(points), 1)
    return image[mask > 0].astype("float64")


def test_mean_and_spread_of_the_face_become_the_references():
    landmarks, other = np.asarray(sample_landmarks(2, 64))
    image = photo(0, [0.2, 0.1, 0.0], 0.1)
    reference = photo(1, [-0.1, 0.0, 0.1], 0.15)
    matched = match_face_colour(image, landmarks, reference, other)
    assert matched.dtype == np.float32
    got, wanted = face_values(matched, landmarks), face_values(reference, other)
    np.testing.assert_allclose(got.mean(0), wanted.mean(0), atol=1e-5)
    np.testing.assert_allclose(got.std(0), wanted.std(0), atol=1e-5)


@pytest.mark.parametrize("spread, gain", [(0.01, 2.0), (0.4, 0.5)])
def test_contrast_changes_by_at_most_a_factor_of_two(spread, gain):
    landmarks = np.asarray(sample_landmarks(1, 64))[0]
    image = photo(0, 0.0, spread).clip(-1, 1)
    reference = photo(1, 0.0, 0.1)
    matched = match_face_colour(image, landmarks, reference, landmarks)
    before, after = face_values(image, landmarks), face_values(matched, landmarks)
    np.testing.assert_allclose(after.std(0), gain * before.std(0), rtol=1e-3)


def test_no_value_leaves_the_range():
    landmarks = np.asarray(sample_landmarks(1, 64))[0]
    reference = photo(1, 0.9, 0.3).clip(-1, 1)
    matched = match_face_colour(photo(0, 0.0, 0.3), landmarks, reference, landmarks)
    assert np.abs(matched).max() == 1.0
