import numpy as np
import pytest
from keras import ops

from aan_keras.layers.similarity import (
    apply_similarity,
    fit_similarity,
    invert_similarity,
)
from tests.layers.check_layer import as_numpy


def point_sets(seed=0, count=9):
    rng = np.random.default_rng(seed)
    points = rng.normal(20, 30, size=(2, 3, count, 2))
    return ops.convert_to_tensor(points, "float32")


def least_squares(p, q):
    """`(a, b, tx, ty)` by NumPy's general solver, in float64."""
    zero, one = np.zeros(len(p)), np.ones(len(p))
    rows_x = np.stack([p[:, 0], -p[:, 1], one, zero], -1)
    rows_y = np.stack([p[:, 1], p[:, 0], zero, one], -1)
    system = np.concatenate([rows_x, rows_y]).astype("float64")
    return np.linalg.lstsq(system, np.concatenate([q[:, 0], q[:, 1]]), rcond=None)[0]


def test_fit_is_the_least_squares_solution():
    before, after = point_sets()
    pairs = zip(as_numpy(before), as_numpy(after))
    expected = [least_squares(p, q) for p, q in pairs]
    transform = as_numpy(fit_similarity(before, after))
    np.testing.assert_allclose(transform, expected, rtol=1e-4, atol=1e-4)


def test_fit_recovers_a_known_transform():
    points, _ = point_sets()
    known = np.array([[0.8, -0.3, 5.0, 2.0], [2.0, 1.0, -40.0, 3.0], [-1.0, 0, 0, 9.0]])
    known = known.astype("float32")
    transform = ops.convert_to_tensor(known)
    x, y = apply_similarity(transform, points[..., 0], points[..., 1])
    moved = ops.stack([x, y], -1)
    a, b, tx, ty = known[1]
    np.testing.assert_allclose(
        as_numpy(moved[1]),
        as_numpy(points[1]) @ [[a, b], [-b, a]] + [tx, ty],
        rtol=1e-4,
        atol=1e-3,
    )
    np.testing.assert_allclose(
        as_numpy(fit_similarity(points, moved)), known, rtol=1e-3, atol=1e-3
    )


def test_inverse():
    transform = fit_similarity(*point_sets())
    points, _ = point_sets(seed=1)
    x, y = apply_similarity(transform, points[..., 0], points[..., 1])
    x, y = apply_similarity(invert_similarity(transform), x, y)
    back = np.stack([as_numpy(x), as_numpy(y)], -1)
    np.testing.assert_allclose(back, as_numpy(points), atol=2e-3)


@pytest.mark.parametrize("shape", [(3, 5), (3, 4, 5), (1, 4, 5)])
def test_apply_broadcasts_over_grids(shape):
    transform = fit_similarity(*point_sets())
    x = ops.convert_to_tensor(np.random.default_rng(0).normal(size=shape), "float32")
    u, _ = apply_similarity(transform, x, x)
    assert as_numpy(u).shape == (3, *shape[1:])


def test_coinciding_points_stay_finite():
    points = ops.full((1, 5, 2), 7.0, "float32")
    transform = as_numpy(fit_similarity(points, points + 2.0))
    np.testing.assert_allclose(transform, [[0, 0, 9, 9]], atol=1e-5)
    flat = ops.zeros((1, 4), "float32")
    assert np.all(np.isfinite(as_numpy(invert_similarity(flat))))
