import numpy as np
import pytest
from skimage.draw import polygon2mask

from aan_keras.layers.opening_mask import OpeningMask
from tests.layers.check_layer import as_numpy, check_layer

LIPS = {"upper": (0, 1, 2, 3, 4), "lower": (0, 7, 6, 5, 4)}


def lips(opening, angle=0.0, centre=(15.3, 16.1), length=21.0):
    """Eight points: corners 0 and 4, upper 1 to 3, lower 5 to 7."""
    t = np.array([-0.5, -0.3, 0.05, 0.3, 0.5, 0.28, 0.0, -0.25]) * length
    s = np.array([0, -0.8, -1, -0.9, 0, 0.7, 1.1, 0.8]) * opening / 2 + 0.3
    s[[0, 4]] = 0
    cos, sin = np.cos(angle), np.sin(angle)
    points = np.stack([cos * t - sin * s, sin * t + cos * s], -1)
    return (points + centre).astype("float32")


def reference(points, size, upper, lower):
    """How much of each pixel's unit interval along s is between the chains."""
    points = points.astype("float64")
    axis = points[upper[-1]] - points[upper[0]]
    axis = axis / np.linalg.norm(axis)
    rotation = np.array([axis, [-axis[1], axis[0]]]).T
    y, x = np.mgrid[:size, :size]
    pixels = np.stack([x, y], -1) @ rotation
    placed = points @ rotation
    ends = [
        np.interp(pixels[..., 0], placed[chain, 0], placed[chain, 1])
        for chain in (list(upper), list(lower))
    ]
    s = pixels[..., 1]
    top, bottom = np.maximum(ends[0], s - 0.5), np.minimum(ends[1], s + 0.5)
    return np.maximum(bottom - top, 0)[..., None]


def test_layer():
    points = np.stack([lips(8.0, 0.2), lips(4.0, -0.4)])
    kwargs = {"size": 32, **LIPS}
    outputs = check_layer(OpeningMask, kwargs, [points], (2, 32, 32, 1))
    for output, one in zip(outputs, points):
        np.testing.assert_allclose(output, reference(one, **kwargs), atol=2e-5)


def test_curves_are_distances_along_and_across():
    points = np.stack([lips(8.0, 0.2), lips(4.0, -0.4)])
    found = [as_numpy(x)[..., 0] for x in OpeningMask(32, **LIPS).curves(points)]
    y, x = np.mgrid[:32, :32]
    for i, one in enumerate(points.astype("float64")):
        axis = one[4] - one[0]
        length = np.linalg.norm(axis)
        frame = np.array([axis, [-axis[1], axis[0]]]).T / length
        pixels, placed = (np.stack([x, y], -1) - one[0]) @ frame, (one - one[0]) @ frame
        np.testing.assert_allclose(found[0][i], pixels[..., 0] / length, atol=2e-6)
        for values, chain in zip(found[1:], (LIPS["upper"], LIPS["lower"])):
            knots = placed[list(chain)].T
            expected = np.interp(pixels[..., 0], *knots) - pixels[..., 1]
            np.testing.assert_allclose(values[i], expected, atol=2e-5)


@pytest.mark.parametrize("angle", [-2.5, -0.6, 0.0, 0.3, np.pi / 2, np.pi])
@pytest.mark.parametrize("opening", [2.0, 9.0])
def test_it_is_the_polygon_of_both_chains(angle, opening):
    points = lips(opening, angle)
    mask = as_numpy(OpeningMask(32, **LIPS)(points[None]))[0, ..., 0]
    # Sixteen times as fine, with pixel centres at integers.
    fine = (points[:, ::-1] + 0.5) * 16 - 0.5
    filled = polygon2mask((512, 512), fine).astype("float64")
    shares = filled.reshape(32, 16, 32, 16).mean((1, 3))
    assert mask.sum() == pytest.approx(shares.sum(), rel=0.03)
    # A pixel's own square and its interval along s differ on the edge only.
    assert np.abs(mask - shares).max() < 0.5
    assert np.abs(mask - shares).mean() < 0.006
    np.testing.assert_allclose(mask[shares == 1], 1, atol=0.15)


def test_closed_and_crossed_lips_are_empty():
    points = lips(5.0)
    closed = points.copy()
    closed[[7, 6, 5]] = points[[1, 2, 3]]
    crossed = points[[0, 7, 6, 5, 4, 3, 2, 1]]
    masks = as_numpy(OpeningMask(32, **LIPS)(np.stack([points, closed, crossed])))
    assert masks[0].sum() > 50
    np.testing.assert_allclose(masks[1:], 0, atol=1e-5)


def test_points_in_the_wrong_order_give_finite_values():
    points = lips(5.0)
    points[[1, 2]] = points[[2, 1]]
    points[4] = points[0]
    mask = as_numpy(OpeningMask(32, **LIPS)(points[None]))
    assert np.isfinite(mask).all() and mask.min() >= 0 and mask.max() <= 1


def test_chains_must_share_their_corners():
    with pytest.raises(ValueError, match="same two landmarks"):
        OpeningMask(16, (0, 1, 2), (0, 3, 4))
    with pytest.raises(ValueError, match="n > 7"):
        OpeningMask(16, **LIPS)(np.zeros((1, 7, 2), "float32"))
