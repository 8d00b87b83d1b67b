import cv2
import numpy as np
import pytest

from aan_keras.faces import FaceCrop


def test_side_is_2_1_times_the_box_and_the_centre_is_kept():
    crop = FaceCrop.around((100, 80, 200, 180), (480, 640))
    # Pixels 46 to 255: their middle is 150.5, the box's 150.
    assert crop == FaceCrop(46, 26, 210)


def test_crops_of_the_training_data_are_met():
    # Sides of crops there, from detections 72, 87 and 104 px wide in 250 px photos.
    for width, side in ((72, 151), (87, 182), (104, 218)):
        box = (70, 70, 70 + width, 70 + width)
        assert FaceCrop.around(box, (250, 250)).side == side


def test_crop_stays_inside_the_image():
    assert FaceCrop.around((0, 0, 100, 100), (480, 640)) == FaceCrop(0, 0, 210)
    assert FaceCrop.around((560, 400, 660, 500), (480, 640)) == FaceCrop(430, 270, 210)
    assert FaceCrop.around((100, 100, 500, 500), (480, 640)) == FaceCrop(60, 0, 480)


def test_without_an_image_the_crop_may_leave_it():
    assert FaceCrop.around((0, 0, 100, 100)) == FaceCrop(-54, -54, 210)


@pytest.mark.parametrize("size", [64, 128, 300])
def test_points_keep_to_the_pixels_they_are_on(size):
    """A smooth pattern's value at a point is the same before and after cropping."""
    y, x = np.mgrid[:240, :320]
    image = np.stack([x / 2, y / 2, (x + y) / 3], -1)
    crop = FaceCrop(40, 30, 150)
    cut = crop.cut(np.round(image).astype("uint8"), size).astype("float64")
    points = np.random.default_rng(0).uniform(60, 160, (50, 2))
    inside = crop.to_crop(points, size)
    expected = np.stack([points[:, 0] / 2, points[:, 1] / 2, points.sum(1) / 3], -1)
    read = cv2.remap(cut, inside[:, :1], inside[:, 1:], cv2.INTER_LINEAR)[:, 0]
    np.testing.assert_allclose(read, expected, atol=0.7)
    assert abs((read - expected).mean()) < 0.1
    np.testing.assert_allclose(crop.to_image(inside, size), points, atol=1e-4)


def test_whole_image_at_its_own_size_is_unchanged():
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), "uint8")
    np.testing.assert_array_equal(FaceCrop(0, 0, 64).cut(image, 64), image)


@pytest.mark.parametrize("size", [20, 50, 77])
def test_a_crop_inside_is_the_same_as_one_of_a_wider_image(size):
    image = np.random.default_rng(0).integers(0, 256, (90, 120, 3), "uint8")
    middle = np.ascontiguousarray(image[15:65, 40:90])
    cut = FaceCrop(40, 15, 50).cut(image, size)
    np.testing.assert_array_equal(cut, FaceCrop(0, 0, 50).cut(middle, size))
    assert not np.shares_memory(cut, image)


def test_outside_the_image_the_border_is_repeated():
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), "uint8")
    cut = FaceCrop(-16, -16, 96).cut(image, 96)
    expected = cv2.copyMakeBorder(image, 16, 16, 16, 16, cv2.BORDER_REPLICATE)
    np.testing.assert_array_equal(cut, expected)
