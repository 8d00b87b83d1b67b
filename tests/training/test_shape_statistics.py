import types

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from aan_keras.training.shape_statistics import (
    deviations,
    fit_mean_shape,
    fit_poses,
    group_means,
    mirror_shapes,
    shape_statistics,
)
from tests.models.synthetic_faces import directions, mean_face, population


@pytest.fixture(scope="module")
def faces():
    return population(people=60, images=10, noise=0.01)


@pytest.fixture(scope="module")
def statistics(faces):
    return shape_statistics(faces, 10, 6)


def test_depth_of_a_rigid_face_is_found_from_its_turns():
    """No point has depth in the input; the shape comes back up to its sign of z."""
    generator = np.random.default_rng(0)
    angles = generator.normal(0, [20, 10, 10], (300, 3))
    rotation = Rotation.from_euler("YXZ", angles, degrees=True).as_matrix()
    seen = 40 * np.einsum("nij,pj->npi", rotation[:, :2], mean_face()) + 64
    found = fit_mean_shape(seen, np.full(300, 1 / 300), np.ones(68))
    np.testing.assert_allclose(found, mean_face(), atol=0.05)
    scale, poses, shift = fit_poses(seen, found, np.ones(68))
    apart = Rotation.from_matrix(poses).inv() * Rotation.from_matrix(rotation)
    assert np.degrees(apart.magnitude()).max() < 2


def test_deviations_are_seen_exactly(faces, statistics):
    weights, shape = statistics["pose_weights"], statistics["mean_shape"]
    found = shape + deviations(faces.landmarks, shape, weights)
    scale, rotation, shift = fit_poses(faces.landmarks, shape, weights)
    seen = scale[:, None, None] * np.einsum("nij,npj->npi", rotation[:, :2], found)
    np.testing.assert_allclose(seen + shift[:, None], faces.landmarks, atol=1e-9)


def test_points_that_expressions_move_count_little_for_the_pose(statistics):
    weights = statistics["pose_weights"]
    bridge, lower_lip, brows = weights[27:30].mean(), weights[57], weights[19]
    assert weights.max() == 1 and bridge > 0.9
    assert lower_lip < 0.5 * bridge and brows < 0.7 * bridge


def test_directions_solve_the_eigenproblem(statistics):
    """Filters whiten expressions; filters and basis are inverse to each other."""
    filters, basis = statistics["filters"], statistics["identity_basis"]
    np.testing.assert_allclose(basis @ filters, np.eye(10), atol=1e-8)
    variances = statistics["variances"]
    assert (np.diff(variances) <= 1e-12).all() and variances.min() >= 0
    # Two directions of identity were put in.
    assert variances[1] > 5 * variances[2]


def test_expression_components_hold_the_true_expressions(statistics):
    components = statistics["expression_basis"]
    np.testing.assert_allclose(components @ components.T, np.eye(6), atol=1e-9)
    for true in directions()[1].reshape(2, 204):
        held = np.linalg.norm(components @ true) / np.linalg.norm(true)
        # The rest of an opening mouth looks like a nod, and is taken for pose.
        assert held > 0.9


def test_everything_is_symmetric(faces, statistics):
    """Mirrored faces give the same statistics."""
    mirrored = faces.landmarks[:, mirror_order()] * [-1, 1] + [128, 0]
    other = types.SimpleNamespace(**{**vars(faces), "landmarks": mirrored})
    other = shape_statistics(other, 10, 6)
    for name in ("mean_shape", "pose_weights", "variances"):
        np.testing.assert_allclose(other[name], statistics[name], atol=1e-6)
    shape = statistics["mean_shape"]
    np.testing.assert_allclose(mirror_shapes(shape), shape, atol=1e-12)
    project = (s["identity_basis"].T @ s["filters"].T for s in (other, statistics))
    np.testing.assert_allclose(*project, atol=1e-5)


def mirror_order():
    order = mirror_shapes(np.arange(68.0)[:, None] * [[0, 1, 0]])[:, 1]
    return order.astype(int)


def test_size_and_place_of_the_faces_do_not_matter(faces, statistics):
    other = types.SimpleNamespace(**vars(faces))
    other.landmarks = faces.landmarks * 3.5 - [200, 17]
    other = shape_statistics(other, 10, 6)
    for name in ("mean_shape", "pose_weights", "variances"):
        np.testing.assert_allclose(other[name], statistics[name], atol=1e-7)


def test_group_means():
    values = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 0.0]])
    means = group_means(values, np.array([1, 0, 1]))
    np.testing.assert_array_equal(means, [[3, 4], [3, 1]])


@pytest.mark.parametrize("people, images", [(1, 8), (5, 1)])
def test_what_cannot_be_told_apart_is_refused(people, images):
    with pytest.raises(ValueError, match="Two people at least"):
        shape_statistics(population(people=people, images=images), 4, 4)
