import cv2
import numpy as np
import pytest

from aan_keras.faces import FaceCrop, PasteBack

RNG = np.random.default_rng(0)
PHOTO = RNG.integers(0, 256, (150, 200, 3), "uint8")
INSIDE = FaceCrop(40, 30, 100)


def generated(size=64):
    return RNG.integers(0, 256, (size, size, 3), "uint8")


@pytest.mark.parametrize("crop", [INSIDE, FaceCrop(0, 30, 100), FaceCrop(50, 0, 150)])
def test_weighed_sum_in_the_crop_and_the_photo_elsewhere(crop):
    paste_back, image = PasteBack(PHOTO, crop), generated()
    before = PHOTO.copy()
    result = paste_back(image)
    np.testing.assert_array_equal(PHOTO, before)
    assert result.shape == PHOTO.shape and result.dtype == np.uint8
    outside = paste_back.mask == 0
    np.testing.assert_array_equal(result[outside], PHOTO[outside])
    x, y, side = crop.x, crop.y, crop.side
    assert outside.sum() >= 150 * 200 - side**2
    scaled = np.zeros(PHOTO.shape)
    scaled[y : y + side, x : x + side] = cv2.resize(
        image, (side, side), interpolation=cv2.INTER_CUBIC
    )
    mask = paste_back.mask[..., None].astype("float64")
    expected = (1 - mask) * PHOTO + mask * scaled
    assert np.abs(result - expected).max() <= 0.501


def test_mask_rises_smoothly_from_nothing_at_the_edge():
    mask = PasteBack(PHOTO, INSIDE).mask
    row = mask[80, 40:140].astype("float64")
    np.testing.assert_array_equal(row, row[::-1])
    np.testing.assert_array_equal(row[15:85], 1)
    t = (np.arange(15) + 0.5) / 15
    np.testing.assert_allclose(row[:15], 3 * t**2 - 2 * t**3, atol=1e-6)
    # At the edge a step from black to white is under one level, its square in corners.
    assert row[0] * 255 < 1 and mask[30, 40] == pytest.approx(row[0] ** 2)
    rows = mask[30:130, 90]
    np.testing.assert_allclose(rows, row, atol=1e-6)


def test_edge_on_the_photo_s_border_keeps_the_full_weight():
    mask = PasteBack(PHOTO, FaceCrop(0, 50, 100)).mask
    assert mask[100, 0] == 1 and mask[149, 50] == 1 and mask[149, 0] == 1
    assert mask[50, 50] < 0.004 and mask[100, 99] < 0.004


def test_crop_that_reaches_out_of_the_photo():
    crop = FaceCrop(-30, 100, 90)
    image = generated(90)
    paste_back = PasteBack(PHOTO, crop)
    result = paste_back(image)
    full = paste_back.mask == 1
    assert full.sum() > 1000
    ys, xs = np.nonzero(full)
    np.testing.assert_array_equal(result[full], image[ys - 100, xs + 30])


def test_crop_that_was_not_changed_comes_back_where_it_was():
    """Neither shifted nor scaled: a smooth photo goes through a 64 pixel crop."""
    y, x = np.mgrid[:150, :200]
    photo = np.stack([x, y, 255 - x], -1).astype("uint8")
    result = PasteBack(photo, INSIDE)(INSIDE.cut(photo, 64))
    assert np.abs(result.astype(int) - photo).max() <= 1


def test_large_image_is_reduced_without_aliasing():
    image = np.zeros((300, 300, 3), "uint8")
    image[:, ::2] = 255
    result = PasteBack(PHOTO, INSIDE)(image)[60:100, 70:110].astype(int)
    assert np.abs(result - 127.5).max() < 60


# Cubic interpolation gives these linear colours exactly, wherever they are sampled.
Y, X = np.mgrid[:150, :200]
LINEAR = np.stack([X, Y, 255 - X], -1).astype("uint8")


def rise(begin, end):
    t = np.clip(((np.arange(100) + 0.5) / 100 - begin) / (end - begin), 0, 1)
    weights = 3 * t**2 - 2 * t**3
    return weights * weights[::-1]


def test_with_a_flow_the_photo_moves_and_around_the_crop_less_and_less():
    """Flow of (4, -2) pixels of the photo; the generated image is far off in colour."""
    photo, image = LINEAR, np.full((64, 64, 3), 200, "uint8")
    flow = np.tile(np.float32([4, -2]) * 16 / 100, (16, 16, 1))
    result = PasteBack(photo, INSIDE)(image, flow)
    # 15 pixels around the crop it has come to nothing.
    t = np.clip((np.arange(130) + 0.5) / 15, 0, 1)
    fall = (3 * t**2 - 2 * t**3) * (3 * t**2 - 2 * t**3)[::-1]
    motion = np.zeros((150, 200))
    motion[15:145, 25:155] = np.outer(fall, fall)
    colour = np.zeros((150, 200, 1))
    colour[30:130, 40:140, 0] = np.outer(rise(0.08, 0.25), rise(0.08, 0.25))
    x, y = X + 4 * motion, Y - 2 * motion
    moved = np.stack([x, y, 255 - x], -1)
    expected = (1 - colour) * moved + colour * 200
    # Half a level each from rounding the moved photo and the result, the rest from
    # OpenCV's positions in 32nds of a pixel.
    assert np.abs(result - expected).max() < 1.04
    np.testing.assert_allclose(PasteBack(photo, INSIDE).motion, motion, atol=1e-6)
    outside = motion == 0
    np.testing.assert_array_equal(result[outside], photo[outside])


def test_flow_of_zero_leaves_the_photo_where_no_generated_pixel_is():
    paste_back = PasteBack(PHOTO, INSIDE)
    result = paste_back(generated(), np.zeros((8, 8, 2), "float32"))
    kept = np.ones((150, 200), bool)
    kept[30 + 8 : 130 - 8, 40 + 8 : 140 - 8] = False
    np.testing.assert_array_equal(result[kept], PHOTO[kept])
    assert (result[80, 90] != PHOTO[80, 90]).any()


def test_moved_head_is_not_seen_twice():
    """A dark bar across the crop's edge moves by more than its width."""
    photo = np.full((150, 200, 3), 220, "uint8")
    photo[:, 85:95] = 20
    moved = np.roll(photo, 12, axis=1)
    flow = np.tile(np.float32([-12, 0]) * 10 / 100, (10, 10, 1))
    paste_back = PasteBack(photo, INSIDE)
    mixed, result = (
        paste_back(INSIDE.cut(moved, 100), given)[:, :, 0] for given in (None, flow)
    )
    dark = [(220 - rows.astype("float64")).sum(1) / 200 for rows in (mixed, result)]
    # As much of it as before in each row, and of full strength somewhere.
    np.testing.assert_allclose(dark[1], 10, atol=0.3)
    assert result.min(1).max() <= 25
    # A mixture has a row in which neither place has it.
    assert mixed.min(1).max() > 60


def test_hair_that_has_left_is_not_moved():
    """Dark hair near the crop's edge, a light background where it was."""
    photo = np.full((150, 200, 3), 220, "uint8")
    photo[35:42, 80:100] = 20
    image = np.full((50, 50, 3), 180, "uint8")
    flow = np.zeros((10, 10, 2), "float32")
    filled = np.zeros((50, 50), "float32")
    filled[3:5, 20:30] = 1
    paste_back = PasteBack(photo, INSIDE)
    drawn_out, result = (paste_back(image, flow, x) for x in (None, filled))
    assert drawn_out[35:38, 80:100].max() == 20
    # From a fiftieth of the crop's side on the generated pixels alone.
    assert np.abs(result[35:42, 80:100].astype(int) - 180).max() <= 2
    far = np.ones((150, 200), bool)
    far[30:60, 60:120] = False
    np.testing.assert_array_equal(result[far], drawn_out[far])
    nowhere = paste_back(image, flow, 0 * filled)
    np.testing.assert_array_equal(nowhere, drawn_out)


@pytest.mark.parametrize("crop", [FaceCrop(-30, 100, 90), FaceCrop(0, 30, 100)])
def test_flow_in_a_crop_at_the_photo_s_border(crop):
    paste_back = PasteBack(PHOTO, crop)
    result = paste_back(generated(), np.ones((8, 8, 2), "float32"))
    outside = paste_back.motion == 0
    np.testing.assert_array_equal(result[outside], PHOTO[outside])


def test_hair_across_the_crop_s_edge_is_not_sheared():
    """A bar through it moves by 8 pixels: as far at the edge as inside."""
    photo = np.full((150, 200, 3), 220, "uint8")
    photo[:, 85:95] = 20
    flow = np.tile(np.float32([-8, 0]) * 10 / 100, (10, 10, 1))
    image = INSIDE.cut(np.roll(photo, 8, axis=1), 100)
    result = PasteBack(photo, INSIDE)(image, flow)
    dark = 220 - result[..., 0].astype("float64")
    places = (dark * X).sum(1) / dark.sum(1)
    np.testing.assert_allclose(places[30:130], 89.5 + 8, atol=0.15)
    np.testing.assert_allclose(places[[*range(14), *range(146, 150)]], 89.5, atol=1e-9)
    steps = np.abs(np.diff(places))
    # Smoothly, within 15 rows on either side.
    assert steps.max() < 1.2
