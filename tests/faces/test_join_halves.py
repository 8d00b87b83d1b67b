import numpy as np
import pytest

from aan_keras.data import mirror_landmarks
from aan_keras.faces.join_halves import join_halves
from tests.faces.turned_face import turned_face

SIZE = 128
POINTS = turned_face(0)
EVERYWHERE = np.ones((SIZE, SIZE), "float32")
NOBODY = 0 * EVERYWHERE


def flat(red, green, blue):
    return np.full((SIZE, SIZE, 3), (red, green, blue), "uint8")


def noise(seed):
    image = np.random.default_rng(seed).integers(60, 180, (SIZE // 8, SIZE // 8, 3))
    return np.kron(image, np.ones((8, 8, 1))).astype("uint8")


@pytest.mark.parametrize(("yaw", "hidden"), [(35, "left"), (-35, "right")])
def test_each_half_comes_from_its_picture(yaw, hidden):
    own, other = flat(150, 100, 50), flat(50, 100, 192)  # equally bright, nearly
    joined = join_halves(own, other, POINTS, yaw, EVERYWHERE, NOBODY)
    halves = {"left": joined[60, 25], "right": joined[60, 103]}
    seen = halves.pop("right" if hidden == "left" else "left")
    np.testing.assert_array_equal(seen, own[0, 0])
    # The colour is the other's.
    taken = halves[hidden].astype(int)
    assert taken[2] > taken[1] > taken[0]


def test_brightness_is_that_of_the_first_picture():
    own = flat(120, 90, 60)
    darker = np.round((own + 20.0) * 0.6 - 20).astype("uint8")
    joined = join_halves(own, darker, POINTS, 35, EVERYWHERE, NOBODY)
    assert np.abs(joined.astype(int) - own).max() <= 1


def test_brightness_may_change_down_the_face():
    rows = np.linspace(0.5, 1.5, SIZE)[:, None, None]
    own = flat(120, 90, 60)
    other = np.clip((own + 20.0) * rows - 20, 0, 255).astype("uint8")
    joined = join_halves(own, other, POINTS, 35, EVERYWHERE, NOBODY)
    face = np.s_[40:100, 30:98]
    assert np.abs(other[face].astype(int) - own[face]).max() > 30
    assert np.abs(joined[face].astype(int) - own[face]).max() < 12


@pytest.mark.parametrize("yaw", [12, 18, 25])
def test_there_is_no_step_where_the_other_picture_begins(yaw):
    """A lamp from one side: mirrored, from the other."""
    columns = np.linspace(0.6, 1.4, SIZE)[:, None]
    lit = np.round((flat(120, 90, 60) + 20.0) * columns - 20).astype("uint8")
    mirrored = np.ascontiguousarray(lit[:, ::-1])
    joined = join_halves(lit, mirrored, POINTS, yaw, EVERYWHERE, NOBODY)
    row = joined[70].astype(int)
    other = np.abs(np.diff(mirrored[70].astype(int), axis=0)).max()
    # From one picture to the other in some six pixels.
    assert np.abs(np.diff(row, axis=0)).max() <= other + 2
    assert (row[:20] != lit[70, :20]).any()


def test_surroundings_are_the_first_pictures():
    own, other = noise(0), noise(1)
    np.testing.assert_array_equal(
        join_halves(own, other, POINTS, 35, NOBODY, NOBODY), own
    )


def test_hands_before_the_body_stay():
    own, other = noise(0), noise(1)
    joined = join_halves(own, other, POINTS, 35, EVERYWHERE, EVERYWHERE)
    chin = int(POINTS[8, 1])
    assert np.abs(joined[chin + 12 :].astype(int) - own[chin + 12 :]).max() <= 3
    above = np.s_[chin - 40 : chin - 20, 30:50]
    assert np.abs(joined[above].astype(int) - own[above]).mean() > 20


def test_mirrored_pictures_give_the_mirrored_one():
    own, other = noise(0), noise(1)
    # A face that is not quite symmetric, off the middle.
    points = POINTS + np.random.default_rng(0).normal(0, 0.5, (68, 2)) + (3, 0)
    joined = join_halves(own, other, points, 30, EVERYWHERE, NOBODY)
    flipped = [np.ascontiguousarray(x[:, ::-1]) for x in (own, other)]
    mirrored = mirror_landmarks(points, SIZE)
    found = join_halves(*flipped, mirrored, -30, EVERYWHERE, NOBODY)
    difference = np.abs(found[:, ::-1].astype(int) - joined)
    # OpenCV's polygons have a pixel more at their right and lower border.
    assert np.percentile(difference, 99) <= 1


def test_the_further_turned_the_more_is_taken():
    own, other = noise(0), noise(1)
    changed = [
        (join_halves(own, other, POINTS, yaw, EVERYWHERE, NOBODY) != own).any(-1).mean()
        for yaw in (20, 30, 40)
    ]
    assert 0.1 < changed[0] < changed[1] < changed[2]


def test_both_eyes_look_to_the_same_side():
    """The left eye looks to the left of the picture; mirrored, the other would not."""
    own = flat(200, 200, 200)
    eye = POINTS[36:42]
    middle = eye.mean(0)
    y, x = np.mgrid[:SIZE, :SIZE]

    def iris(image, place):
        image[np.hypot(x - place[0], y - place[1]) < 1.5] = 20

    left_of_it = middle - (2.5, 0)
    iris(own, left_of_it)
    other = np.ascontiguousarray(own[:, ::-1])  # the middle is at 63.5, not 64
    joined = join_halves(own, other, POINTS, -35, EVERYWHERE, NOBODY).astype("float64")
    right = POINTS[42:48]
    box = np.s_[
        int(right[:, 1].min()) - 1 : int(right[:, 1].max()) + 3,
        int(right[0, 0]) : int(right[3, 0]) + 2,
    ]
    dark = np.clip(180 - joined[box].mean(-1), 0, None)
    column = (dark.sum(0) * np.arange(dark.shape[1])).sum() / dark.sum() + int(
        right[0, 0]
    )
    assert column < right.mean(0)[0] - 1
