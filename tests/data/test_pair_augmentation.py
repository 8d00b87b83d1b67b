import cv2
import numpy as np
import pytest
from scipy import ndimage

from aan_keras.data import MIRROR_PERMUTATION, PairAugmentation


def blob(x, y, size):
    """An image with one Gaussian spot, whose centre can be measured."""
    grid = np.arange(size)
    spot = np.exp(-((grid[None] - x) ** 2 + (grid[:, None] - y) ** 2) / (2 * 3.0**2))
    return np.repeat((spot * 255).round().astype("uint8")[..., None], 3, -1)


def centre(image):
    weight = np.maximum(image.mean(-1) + 1, 0)
    weight = np.where(weight > 0.02, weight, 0)
    grid = np.arange(image.shape[0])
    return np.array([(weight.sum(0) @ grid), (weight.sum(1) @ grid)]) / weight.sum()


@pytest.mark.parametrize("image_size", [64, 96, 128, 160])
def test_landmarks_follow_the_pixels(image_size):
    augmentation = PairAugmentation(geometry=1.0, colour=0.0)
    mirrored, moved_by, errors = set(), [], []
    for i in range(40):
        generator = np.random.default_rng(i)
        parameters = augmentation.draw(generator)
        mirrored.add(parameters["mirrored"])
        place = generator.uniform(45, 82, 2)
        landmarks = np.tile(place, (68, 1))
        image, landmarks = augmentation.apply(
            blob(*place, 128), landmarks, parameters, image_size
        )
        errors.append(centre(image) - landmarks[0])
        rest = (place + 0.5) * image_size / 128 - 0.5
        moved_by.append(np.linalg.norm(landmarks[0] - rest))
    errors = np.array(errors) * 128 / image_size
    assert mirrored == {True, False}
    assert np.median(moved_by) * 128 / image_size > 4
    # The spot's shape changes a little too, hence not exactly zero.
    assert np.abs(errors).max() < 0.35
    assert np.abs(errors.mean(0)).max() < 0.05


def test_both_frames_follow_one_map():
    augmentation = PairAugmentation()
    parameters = augmentation.draw(np.random.default_rng(3))
    image = np.random.default_rng(1).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    points = np.random.default_rng(2).uniform(20, 100, (68, 2))
    first = augmentation.apply(image, points, parameters, 64)
    second = augmentation.apply(image, points, parameters, 64)
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


def test_mirror_alone_is_a_flip_with_swapped_landmarks():
    augmentation = PairAugmentation(mirror=1.0, geometry=0.0, colour=0.0)
    parameters = augmentation.draw(np.random.default_rng(0))
    image = np.random.default_rng(1).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    points = np.random.default_rng(2).uniform(20, 100, (68, 2)).astype("float32")
    flipped, moved = augmentation.apply(image, points, parameters, 128)
    np.testing.assert_allclose(
        flipped, image[:, ::-1] / np.float32(127.5) - 1, atol=2e-6
    )
    expected = points[MIRROR_PERMUTATION] * [-1, 1] + [127, 0]
    np.testing.assert_allclose(moved, expected, atol=1e-4)


def test_no_parameters_is_no_change():
    image = np.random.default_rng(1).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    points = np.random.default_rng(2).uniform(20, 100, (68, 2)).astype("float32")
    same, still = PairAugmentation().apply(image, points, None, 128)
    np.testing.assert_allclose(same, image / np.float32(127.5) - 1, atol=1e-6)
    np.testing.assert_array_equal(still, points)


def test_half_size_averages_and_keeps_pixel_centres():
    image = np.random.default_rng(1).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    points = np.array([[0.5, 0.5]] * 68)
    half, moved = PairAugmentation().apply(image, points, None, 64)
    mean = image.reshape(64, 2, 64, 2, 3).astype("float64").mean((1, 3))
    np.testing.assert_allclose(half, mean / 127.5 - 1, atol=1.01 / 127.5)
    np.testing.assert_allclose(moved, np.zeros((68, 2)), atol=1e-6)


def test_sharpness_survives_the_warp():
    # Bilinear fetching loses two thirds of this pattern's contrast.
    grid = np.arange(128)
    wave = np.sin(grid[None] * 1.4) + np.sin(grid[:, None] * 1.4)
    image = np.repeat((127.5 + 60 * wave).astype("uint8")[..., None], 3, -1)
    augmentation = PairAugmentation(geometry=1.0, colour=0.0, scale=(1.0, 1.0001))
    points = np.full((68, 2), 64.0)
    ratios = []
    for i in range(10):
        parameters = augmentation.draw(np.random.default_rng(i))
        warped, _ = augmentation.apply(image, points, parameters, 128)
        ratios.append(warped[16:-16, 16:-16].std() / (image / 127.5).std())
    assert np.mean(ratios) > 0.9


def test_folding_warp_is_refused():
    with pytest.raises(ValueError, match="folds. Received: 0.2"):
        PairAugmentation(warp=0.2)


def as_float(image):
    return image.astype("float32") * np.float32(2 / 255) - 1


def test_degraded_source_is_a_blurred_and_compressed_one():
    image = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    augmentation = PairAugmentation(source_blur=1.0)
    parameters = augmentation.draw(np.random.default_rng(0))
    assert 0.3 <= parameters["blur"] <= 1.2 and parameters["quality"] is None
    blurred = augmentation.degrade(as_float(image), parameters)
    sigma = (parameters["blur"] * 64 / 128, parameters["blur"] * 64 / 128, 0)
    expected = ndimage.gaussian_filter(as_float(image).astype("float64"), sigma)
    inside = np.s_[8:-8, 8:-8]
    np.testing.assert_allclose(blurred[inside], expected[inside], atol=0.02)

    augmentation = PairAugmentation(source_jpeg=1.0)
    qualities = []
    for i in range(200):
        parameters = augmentation.draw(np.random.default_rng(i))
        qualities.append(parameters["quality"])
    assert min(qualities) >= 30 and max(qualities) <= 90
    assert max(qualities) - min(qualities) > 50
    smooth = cv2.resize(image[:8, :8], (64, 64), interpolation=cv2.INTER_CUBIC)
    stored = augmentation.degrade(as_float(smooth), parameters)
    error = np.abs(stored - as_float(smooth)).mean() * 127.5
    assert 0.3 < error < 8
    assert stored.dtype == np.float32 and -1 <= stored.min() < stored.max() <= 1


def test_degradation_is_off_by_default_and_drawn_last():
    options = {"source_blur": 1, "source_jpeg": 1, "donor": 1, "light": 1}
    plain, poor = PairAugmentation(), PairAugmentation(**options)
    first = plain.draw(np.random.default_rng(4))
    second = poor.draw(np.random.default_rng(4))
    image = as_float(np.zeros((8, 8, 3)))
    assert plain.degrade(image, first) is image and plain.degrade(image, None) is image
    for name in set(first) - {"blur", "quality", "opacity", "light"}:
        np.testing.assert_array_equal(first[name], second[name])
    assert first["opacity"] is None and 0.3 <= second["opacity"] <= 0.9
    assert first["light"] is None and second["light"] is not None
    with pytest.raises(ValueError, match="`source_jpeg` .* Received: 2"):
        PairAugmentation(source_jpeg=2)


def test_lamps_stand_before_or_beside_the_face():
    augmentation = PairAugmentation(light=0.5)
    generator = np.random.default_rng(0)
    lamps = [augmentation.draw(generator)["light"] for _ in range(400)]
    lit = [lamp for lamp in lamps if lamp is not None]
    assert 160 < len(lit) < 240
    directions, ambient = (np.stack(values) for values in zip(*lit))
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1)
    assert directions[:, 2].min() > -0.2  # hardly from behind
    assert directions[:, 0].min() < -0.7 and directions[:, 0].max() > 0.7
    assert 0.1 <= ambient.min() < 0.3 and 0.7 < ambient.max() <= 0.85
    assert 0 < np.ptp(ambient, axis=1).mean() < 0.1
    # What is drawn afterwards does not depend on it.
    plain, bright = np.random.default_rng(1), np.random.default_rng(1)
    PairAugmentation().draw(plain), augmentation.draw(bright)
    assert plain.random() == bright.random()
