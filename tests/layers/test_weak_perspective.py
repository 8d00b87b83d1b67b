import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from aan_keras.layers.weak_perspective import fit_weak_perspective, lift, project
from tests.layers.check_layer import as_numpy
from tests.layers.sample_face import canonical_face


def shape():
    flat = canonical_face()
    return np.concatenate([flat, np.cos(2 * flat[:, :1]) + flat[:, 1:] ** 2], axis=1)


def weights():
    return np.linspace(0.2, 1, 68)


def poses(count=12):
    generator = np.random.default_rng(0)
    angles = generator.uniform([-50, -30, -180], [50, 30, 180], (count, 3))
    rotation = Rotation.from_euler("YXZ", angles, degrees=True).as_matrix()
    return (
        generator.uniform(5, 60, count),
        rotation,
        generator.uniform(-100, 300, (count, 2)),
    )


def seen(shapes, scale, rotation, shift):
    """The definition, in float64."""
    return np.stack(
        [s * x @ r[:2].T + t for x, s, r, t in zip(shapes, scale, rotation, shift)]
    )


def fit(landmarks):
    arrays = (np.asarray(a, "float32") for a in (landmarks, shape(), weights()))
    return [as_numpy(a) for a in fit_weak_perspective(*arrays)]


def test_known_pose_is_recovered():
    scale, rotation, shift = poses()
    found = fit(seen([shape()] * 12, scale, rotation, shift))
    np.testing.assert_allclose(found[0], scale, rtol=2e-5)
    np.testing.assert_allclose(found[1], rotation, atol=5e-5)
    np.testing.assert_allclose(found[2], shift, atol=5e-3)


def test_other_shapes_give_the_polar_factor():
    """Against weighted least squares and singular values, in float64."""
    generator = np.random.default_rng(1)
    shapes = shape() + generator.normal(0, 0.1, (12, 68, 3))
    landmarks = seen(shapes, *poses())
    scale, rotation, shift = fit(landmarks)
    root = np.sqrt(weights())[:, None]
    columns = root * np.concatenate([shape(), np.ones((68, 1))], axis=1)
    for i, points in enumerate(landmarks):
        camera = np.linalg.lstsq(columns, root * points, rcond=None)[0].T  # [2, 4]
        left, singular, right = np.linalg.svd(camera[:, :3], full_matrices=False)
        np.testing.assert_allclose(rotation[i, :2], left @ right, atol=1e-4)
        np.testing.assert_allclose(scale[i], singular.mean(), rtol=1e-4)
        share = weights() / weights().sum()
        off = share @ (points - scale[i] * shape() @ rotation[i, :2].T)
        np.testing.assert_allclose(shift[i], off, atol=1e-2)
    np.testing.assert_allclose(
        rotation @ rotation.transpose(0, 2, 1),
        np.tile(np.eye(3), (12, 1, 1)),
        atol=1e-5,
    )
    np.testing.assert_allclose(np.linalg.det(rotation), 1, atol=1e-5)


def test_closed_form_is_near_the_best_scaled_rotation():
    """The pose that minimises the squared distances, by SciPy."""
    from scipy.optimize import least_squares

    generator = np.random.default_rng(2)
    landmarks = seen(shape() + generator.normal(0, 0.05, (12, 68, 3)), *poses())
    scale, rotation, shift = fit(landmarks)

    def residual(p, points):
        turn = Rotation.from_rotvec(p[:3]).as_matrix()
        missed = p[3] * shape() @ turn[:2].T + p[4:] - points
        return (np.sqrt(weights())[:, None] * missed).ravel()

    for i, points in enumerate(landmarks):
        start = [*Rotation.from_matrix(rotation[i]).as_rotvec(), scale[i], *shift[i]]
        best = least_squares(residual, start, args=(points,)).x
        apart = Rotation.from_rotvec(best[:3]).inv() * Rotation.from_matrix(rotation[i])
        assert np.degrees(apart.magnitude()) < 1
        assert abs(best[3] / scale[i] - 1) < 0.01


def test_lifted_shape_is_seen_at_the_landmarks():
    landmarks = np.random.default_rng(3).normal(64, 20, (5, 68, 2)).astype("float32")
    pose = [np.asarray(a, "float32") for a in poses(5)]
    lifted = lift(landmarks, shape().astype("float32"), *pose)
    np.testing.assert_allclose(project(lifted, *pose), landmarks, atol=1e-3)


def test_lifted_shape_is_the_nearest_to_the_mean():
    """The smallest change that explains the landmarks, by a pseudo-inverse."""
    scale, rotation, shift = poses(4)
    landmarks = seen(shape() + np.zeros((4, 1, 1)), scale, rotation, shift)
    landmarks += np.random.default_rng(4).normal(0, 2, landmarks.shape)
    pose = [np.asarray(a, "float32") for a in (scale, rotation, shift)]
    lifted = lift(landmarks.astype("float32"), shape().astype("float32"), *pose)
    for i in range(4):
        camera = scale[i] * rotation[i, :2]
        missing = landmarks[i] - shift[i] - shape() @ camera.T
        expected = shape() + missing @ np.linalg.pinv(camera).T
        np.testing.assert_allclose(as_numpy(lifted)[i], expected, atol=1e-4)


@pytest.mark.parametrize("value", [0.0, 64.0])
def test_coincident_landmarks_stay_finite(value):
    for result in fit(np.full((1, 68, 2), value)):
        assert np.isfinite(result).all()
