import cv2
import numpy as np
import pytest
from scipy import ndimage

from aan_keras.faces import FaceCrop
from aan_keras.faces.face import box_around
from aan_keras.preparation.clip_options import ClipOptions
from aan_keras.preparation.frame_filters import (
    face_colours,
    grey_view,
    is_duplicate,
    one_scene,
    sharpness,
    steady_frames,
)

FACE = np.random.default_rng(0).uniform(0, 100, (68, 2))
LEFT, _, RIGHT, _ = box_around(FACE)
WIDTH = RIGHT - LEFT


def clip(*shifts):
    """Landmarks of one face, shifted sideways by so many face widths."""
    return FACE + np.array(shifts)[:, None, None] * [WIDTH, 0]


def test_slow_motion_over_any_distance_is_steady():
    assert steady_frames(clip(*np.linspace(0, 8, 30)), 0.5).all()


def test_slips_are_jumps_however_close_together():
    steady = steady_frames(clip(0, 0.1, 2, 0.2, -3, 0.2, 0.3), 0.5)
    assert steady.tolist() == [True, True, False, True, False, True, True]


def test_the_longer_part_of_a_cut_video_is_kept():
    steady = steady_frames(clip(0, 0.1, 0.2, 0.1, 4, 4.1, 4.2, 4.1, 4, 4.1), 0.5)
    assert steady.tolist() == [False] * 4 + [True] * 6


def test_no_frames():
    assert steady_frames(np.zeros((0, 68, 2)), 0.5).shape == (0,)


def test_colours_are_counted_in_steps_of_lab(portrait, face):
    found = face_colours(portrait, face.landmarks)
    assert found.shape == (512,) and found.sum() == pytest.approx(1)
    crop = FaceCrop.around(box_around(face.landmarks), portrait.shape)
    lab = cv2.cvtColor(crop.cut(portrait, 128), cv2.COLOR_RGB2LAB) // 32
    codes = lab.astype(int) @ [64, 8, 1]
    expected = np.bincount(codes.ravel(), minlength=512) / 128**2
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_colours_stay_when_the_head_moves_and_not_when_the_room_does(portrait, face):
    first = face_colours(portrait, face.landmarks)
    moved = np.roll(portrait, (9, 21), (0, 1))
    points = face.landmarks + [21, 9]
    negative = face_colours(255 - portrait, face.landmarks)
    colours = [first, face_colours(moved, points), negative]
    limit = ClipOptions().scene
    assert one_scene(colours, limit).tolist() == [True, True, False]


def test_the_longest_scene_is_kept_past_a_flash():
    shares = np.eye(512)[[0, 0, 0, 5, 0, 0, 9, 9, 9, 9]]
    assert one_scene(shares, 0.3).tolist() == [True] * 3 + [False, True, True] + (
        [False] * 4
    )
    half = (shares[:1] + shares[-1:]) / 2
    assert not one_scene([*shares[:1], *half], 0.49).all()
    assert one_scene([*shares[:1], *half], 0.51).all()
    assert one_scene([], 0.3).shape == (0,)


def test_sharpness_is_the_variance_of_the_laplacian():
    view = np.random.default_rng(1).uniform(0, 255, (128, 128)).astype("float32")
    kernel = [[0, 1, 0], [1, -4, 1], [0, 1, 0]]
    face = view[24:104, 24:104].astype("float64")
    expected = ndimage.convolve(face, kernel, mode="mirror").var()
    assert sharpness(view) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("size", [64, 128, 256])
def test_default_limit_keeps_a_photo_and_drops_its_blurred_copy(portrait, face, size):
    crop = FaceCrop.around(face.box, portrait.shape)
    limit = ClipOptions().blur
    assert sharpness(grey_view(crop.cut(portrait, size))) > 3 * limit
    # A blur of 2.3 % of the crop's side: 3 pixels at 128.
    blurred = cv2.GaussianBlur(portrait, (0, 0), 3 / 128 * crop.side)
    assert sharpness(grey_view(crop.cut(blurred, size))) < limit


def test_grey_view_of_a_grey_crop_keeps_its_values():
    grey = np.random.default_rng(2).integers(0, 256, (128, 128), dtype=np.uint8)
    np.testing.assert_array_equal(grey_view(np.repeat(grey[..., None], 3, 2)), grey)


def test_duplicate_up_to_noise_but_not_with_another_mouth():
    generator = np.random.default_rng(3)
    view = generator.uniform(0, 255, (128, 128)).astype("float32")
    noisy = view + generator.uniform(-1, 1, view.shape).astype("float32")
    assert is_duplicate(noisy, view, 1.0)
    noisy[80:88, 60:70] += 3
    assert not is_duplicate(noisy, view, 1.0)
