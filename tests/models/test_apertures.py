import numpy as np
import pytest

from aan_keras.models.apertures import keep_apertures
from tests.layers.check_layer import as_numpy
from tests.models.synthetic_faces import mean_face

LIPS = ((61, 67), (62, 66), (63, 65))
LIDS = ((37, 41), (38, 40), (43, 47), (44, 46))


def keep(*shapes):
    shapes = (np.asarray(shape, "float32").reshape(-1, 68, 3) for shape in shapes)
    return as_numpy(keep_apertures(*shapes)).astype("float64")


def gaps(shape, pairs):
    return np.stack([shape[..., b, 1] - shape[..., a, 1] for a, b in pairs], axis=-1)


def opened(shape, pairs, by):
    shape = np.array(shape)
    for upper, lower in pairs:
        shape[..., upper, 1] -= by / 2
        shape[..., lower, 1] += by / 2
    return shape


def test_nothing_changes_between_equal_people():
    driving = mean_face() + np.random.default_rng(0).normal(0, 0.05, (4, 68, 3))
    kept = keep(driving, driving, mean_face(), mean_face())
    np.testing.assert_allclose(kept, driving, atol=1e-6)


@pytest.mark.parametrize("by", [-0.3, -0.05, 0.1, 0.4])
def test_lips_are_as_far_apart_as_the_drivers(by):
    """Whether the shapes' difference opens closed lips or makes them cross."""
    driving = opened(mean_face(), LIPS, -gaps(mean_face(), LIPS).mean())
    kept = keep(opened(driving, LIPS, by), driving, mean_face(), mean_face())
    np.testing.assert_allclose(gaps(kept, LIPS), gaps(driving[None], LIPS), atol=1e-6)


def test_lids_close_by_the_same_share():
    """A driver with wide eyes shuts them half: half is left of the source's."""
    source, driver = mean_face(), opened(mean_face(), LIDS, 0.12)
    usual = gaps(driver, LIDS)
    half = np.array(driver)
    for (upper, lower), gap in zip(LIDS, usual):
        half[upper, 1] += gap / 4
        half[lower, 1] -= gap / 4
    kept = keep(half + source - driver, half, source, driver)
    np.testing.assert_allclose(gaps(kept, LIDS)[0], gaps(source, LIDS) / 2, atol=1e-6)


def test_ratio_of_the_lids_is_limited():
    """Eyes that are shut in the only photo are not opened a hundredfold."""
    driver = mean_face()
    shut = opened(driver, LIDS, -gaps(driver, LIDS).mean())
    kept = keep(driver, driver, driver, shut)
    np.testing.assert_allclose(gaps(kept, LIDS)[0], 2 * gaps(driver, LIDS), rtol=1e-5)
    kept = keep(driver, driver, shut, driver)
    np.testing.assert_allclose(gaps(kept, LIDS)[0], gaps(driver, LIDS) / 2, rtol=1e-5)


def test_only_lips_and_lids_move_and_only_in_y():
    driving = opened(mean_face(), LIPS, 0.2)
    kept = keep(opened(driving, LIPS + LIDS, 0.1), driving, mean_face(), mean_face())
    change = kept[0] - opened(driving, LIPS + LIDS, 0.1)
    moved = np.flatnonzero(np.abs(change).max(-1) > 1e-5)
    outer = (50, 51, 52, 56, 57, 58)
    assert set(moved) == {*np.ravel(LIPS), *np.ravel(LIDS), *outer}
    assert np.abs(change[:, [0, 2]]).max() < 1e-6
    np.testing.assert_allclose(change[51], change[62], atol=1e-6)
    np.testing.assert_allclose(change[57], change[66], atol=1e-6)
