import cv2
import numpy as np
import pytest

from aan_keras.faces import FaceCrop, LargeCrop
from aan_keras.faces.photo_detail import enlarge_flow, resize_image, with_detail

RNG = np.random.default_rng(0)
# Blurred by a little: positions of a warp are rounded to 32nds of a pixel.
NOISE = cv2.GaussianBlur(RNG.integers(0, 256, (160, 160, 3), "uint8"), (0, 0), 1)
PHOTO = cv2.normalize(NOISE, None, 0, 255, cv2.NORM_MINMAX)
STILL = np.zeros((20, 20, 2), "float32")


def small(image, size=40):
    return cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)


def enlarged(image, side=160):
    return cv2.resize(image, (side, side), interpolation=cv2.INTER_CUBIC)


def whole(photo):
    """Of a crop that is the photo."""
    return LargeCrop(photo, FaceCrop(0, 0, len(photo)), len(photo))


def linear_flow(matrix, side=20):
    """`p + flow(p) = matrix p` about the middle."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    points = np.stack([x, y], -1)
    return (points @ np.transpose(matrix) - points).astype("float32")


def test_a_photo_that_does_not_move_comes_back_whole():
    result = whole(PHOTO)(small(PHOTO), STILL)
    # Half a level from the rounding of the small image, and of its enlargement.
    assert np.abs(result.astype(int) - PHOTO).max() <= 2
    assert np.abs(enlarged(small(PHOTO)).astype(int) - PHOTO).mean() > 15


def test_detail_lies_where_the_flow_takes_it():
    """Eight pixels to the right, twelve up: flow in pixels of its own grid."""
    moved = np.roll(PHOTO, (-12, 8), (0, 1))
    flow = STILL + np.float32([-8, 12]) / 8
    result = whole(PHOTO)(small(moved), flow).astype(int)
    # What has come in from the border is another.
    inner = (slice(28, -28), slice(28, -28))
    assert np.abs(result - moved)[inner].max() <= 2
    # The model's image decides what it is fine enough for: it is 30 levels lighter.
    lighter = whole(PHOTO // 2)(small(moved // 2 + 30), flow).astype(int)
    assert np.abs(lighter - moved // 2 - 30)[inner].max() <= 3


@pytest.mark.parametrize(
    "matrix, share",
    [
        (np.eye(2), 1),
        ([[0.8, -0.6], [0.6, 0.8]], 1),
        (2 * np.eye(2), 1),
        ([[1, 0], [0, 0.6]], 0.5),
        ([[1, 0], [0, 0.4]], 0),
        ([[1, 0], [0, 0.1]], 0),
        # Turned over.
        ([[-1, 0], [0, 1]], 0),
    ],
)
def test_detail_is_left_out_where_the_photo_is_drawn_out(matrix, share):
    image = small(PHOTO)
    result = with_detail(image, PHOTO, linear_flow(matrix))
    fine = PHOTO - enlarged(cv2.resize(PHOTO.astype("float32"), (40, 40), 0, 0, 0, 3))
    expected = enlarged(image).astype("float64") + share * fine
    assert result.dtype == np.float32 and result.shape == PHOTO.shape
    np.testing.assert_allclose(result, expected, atol=1e-3)


def test_share_is_that_of_the_smaller_singular_value():
    flow = cv2.GaussianBlur(RNG.normal(0, 12, (20, 20, 2)), (0, 0), 3)
    (xx, xy), (yx, yy) = (np.gradient(flow[..., i], axis=(1, 0)) for i in (0, 1))
    jacobian = np.stack([np.stack([1 + xx, xy], -1), np.stack([yx, 1 + yy], -1)], -2)
    least = np.linalg.svd(jacobian, compute_uv=False)[..., -1]
    least = np.where(np.linalg.det(jacobian) > 0, least, 0)
    expected = np.clip((least - 0.4) / 0.4, 0, 1)
    assert 0.05 < (expected == 0).mean() < 0.9 and (expected == 1).any()
    moved = np.zeros((80, 80, 3), "uint8")
    moved[::2, ::2] = 200
    image = np.full((20, 20, 3), 50, "uint8")
    coarse = cv2.resize(moved.astype("float32"), (20, 20), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(coarse, image)
    fine = moved.astype("float64") - 50
    share = (with_detail(image, moved, flow.astype("float32")) - 50) / fine
    wanted = cv2.resize(expected, (80, 80))
    np.testing.assert_allclose(share.mean(-1), wanted, atol=1e-4)


def test_no_detail_of_what_has_left():
    filled = np.zeros((40, 40), "float32")
    filled[:20] = 1
    result = with_detail(small(PHOTO), PHOTO, STILL, filled)
    above, below = (slice(None, 70), slice(90, None))
    plain = enlarged(small(PHOTO))
    np.testing.assert_array_equal(result[above], plain[above])
    assert np.abs(result[below] - PHOTO[below]).max() <= 2
    assert np.abs(result[below] - plain[below]).mean() > 15


@pytest.mark.parametrize("side", [40, 31])
def test_a_crop_that_is_no_larger_has_no_detail(side):
    image = RNG.integers(0, 256, (40, 40, 3), "uint8")
    crop = RNG.integers(0, 256, (side, side, 3), "uint8")
    np.testing.assert_array_equal(whole(crop)(image, STILL), small(image, side))


def test_without_a_flow_images_are_enlarged():
    image = small(PHOTO)
    np.testing.assert_array_equal(whole(PHOTO)(image), enlarged(image))


def test_detail_is_cut_off_at_black_and_white():
    image = np.uint8(small(PHOTO) // 2 + 128)
    dark = whole(PHOTO)(np.uint8(small(PHOTO) // 2), STILL)
    light = whole(PHOTO)(image, STILL)
    assert dark.dtype == light.dtype == np.uint8
    assert dark.min() == 0 and light.max() == 255 and dark.mean() < 90 < light.mean()


def test_no_detail_where_the_model_shows_something_else():
    """Teeth in the photo, closed lips in the model's image."""
    crop = PHOTO // 4 + 60
    image = small(crop)
    teeth = crop.copy()
    teeth[72:88, 40:120] = 160 + PHOTO[72:88, 40:120] // 4
    result = whole(teeth)(image, STILL).astype(int)
    within, around = (slice(74, 86), slice(44, 116)), (slice(0, 56), slice(None))
    plain = enlarged(image).astype(int)
    assert np.abs(result - plain)[within].mean() < 1
    assert np.abs(result - crop)[around].max() <= 2
    assert np.abs(plain - crop)[within].mean() > 3


def test_enlarged_flows_are_in_pixels_of_the_larger_grid():
    flow = linear_flow([[1.5, 0], [0.25, 0.75]], 10)
    found = enlarge_flow(flow, 160)[16:-16, 16:-16]
    expected = linear_flow([[1.5, 0], [0.25, 0.75]], 160)[16:-16, 16:-16]
    np.testing.assert_allclose(found, expected, atol=1e-3)


@pytest.mark.parametrize(
    "crop, size", [(FaceCrop(40, 30, 80), 160), (FaceCrop(31, 22, 97), 60)]
)
def test_what_comes_from_outside_of_the_crop_is_the_photos(crop, size):
    """A move by an eighth of the crop, down and to the right."""
    smooth = cv2.GaussianBlur(PHOTO, (0, 0), 3)
    whole_move = crop.side / 8
    moved = FaceCrop(crop.x - whole_move, crop.y - whole_move, crop.side)
    x, y = (
        (np.arange(size, dtype="float32") + 0.5) * (crop.side / size) - 0.5 + start
        for start in (moved.x, moved.y)
    )
    kind = (cv2.INTER_CUBIC, None, cv2.BORDER_REPLICATE)
    expected = cv2.remap(smooth, *np.meshgrid(x, y), *kind).astype(int)
    flow = np.full((20, 20, 2), -20 / 8, "float32")
    # What a model makes of it: the crop's border, again and again.
    places = np.clip(np.arange(40) - 5, 0, 39)
    image = crop.cut(smooth, 40)[places[:, None], places]
    result = LargeCrop(smooth, crop, size)(image, flow).astype(int)
    edge = size // 8
    strip = result[: edge - 3], expected[: edge - 3]
    assert np.abs(strip[0] - strip[1]).mean() < 2
    drawn_out = resize_image(image, size).astype(int)[: edge - 3]
    assert np.abs(drawn_out - strip[1]).mean() > 4 * np.abs(strip[0] - strip[1]).mean()
    # Not where background was filled in, nor where the photo ends with the crop.
    filled = np.ones((40, 40), "float32")
    plain = LargeCrop(smooth, crop, size)(image, flow, filled)
    np.testing.assert_array_equal(plain, resize_image(image, size))
    cut = smooth[int(crop.y) :, int(crop.x) :]
    edge = FaceCrop(0, 0, crop.side)
    ended = LargeCrop(cut, edge, size)(image, flow)
    assert np.abs(ended[: size // 16] - drawn_out[: size // 16]).max() <= 30


def test_where_the_photo_ends_beyond_the_crop_its_own_border_is_repeated():
    """Two pixels above the crop, which cuts what is dark below them."""
    photo = np.full((120, 120, 3), 200, "uint8")
    photo[14:] = 20
    crop, size = FaceCrop(20, 16, 80), 160
    flow = STILL + np.float32([0, -4])
    image = np.full((40, 40, 3), 20, "uint8")
    result = LargeCrop(photo, crop, size)(image, flow)
    # Moved down by a fifth: 16 of 80 pixels, of which two are still dark.
    assert (result[:20] == 200).all()
    assert (result[34:] == 20).all()
    # Not to the side, where the photo ends with the crop.
    flow, narrow = STILL + np.float32([-4, 0]), np.full_like(photo, 200)
    result = LargeCrop(narrow[:, 20:], FaceCrop(0, 16, 80), size)(image, flow)
    assert (result == 20).all()
