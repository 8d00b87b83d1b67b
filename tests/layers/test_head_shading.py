import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from aan_keras.layers.head_ellipsoid import HEAD_CENTRE, HEAD_RADII, HEAD_SHAPE
from aan_keras.layers.head_shading import HeadShading
from aan_keras.layers.similarity_flow import HEAD_LANDMARKS
from tests.layers.check_layer import as_numpy, check_layer
from tests.layers.test_ellipsoid_flow import landmarks_of, sample_faces, view

IMAGE_SIZE = 128


def normals_of(marks, size):
    """float64: the ellipsoid's normals in face and camera axes, `[size^2, 3]` each."""
    marks = (marks.astype("float64") + 0.5) * size / IMAGE_SIZE - 0.5
    chosen = marks[list(HEAD_LANDMARKS)]
    design = np.hstack([HEAD_SHAPE, np.ones((19, 1))])
    affine = np.linalg.lstsq(design, chosen, rcond=None)[0]
    u, s, vt = np.linalg.svd(affine[:3].T, full_matrices=False)
    rows, scale = u @ vt, s.mean()
    shift = chosen.mean(0) - scale * np.mean(HEAD_SHAPE, 0) @ rows.T
    rotation = np.vstack([rows, np.cross(*rows)])
    y, x = np.mgrid[:size, :size]
    grid = np.stack([x, y], -1).reshape(-1, 2).astype("float64")
    start = (grid - shift) / scale @ rows
    q, n = (start - HEAD_CENTRE) / HEAD_RADII, rotation[2] / HEAD_RADII
    a, b, c = n @ n, q @ n, (q * q).sum(1) - 1
    depth = -(b + np.sqrt(np.maximum(b * b - a * c, 0))) / a
    normal = (q + depth[:, None] * n) / HEAD_RADII
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    low, high = marks.min(0), marks.max(0)
    distance = ((grid - (low + high) / 2) / ((high - low) / 2)) ** 2
    return normal, rotation, distance.sum(1)


def lit(marks, size, gradient, base=0.1):
    """A face that is as bright as its normal along the gradient `[3, C]` says."""
    normal, rotation, _ = normals_of(marks, size)
    image = base + normal @ rotation.T @ gradient
    return image.reshape(1, size, size, -1).astype("float32")


GRADIENT = np.array([[0.3, 0.2, 0.1], [-0.2, -0.2, -0.1], [-0.4, -0.3, -0.5]])


def test_layer():
    light = np.random.default_rng(0).normal(size=(2, 3, 3)).astype("float32")
    source = landmarks_of(view((5, 10, 3)), view((0, -20, 0)))
    check_layer(
        HeadShading,
        {"size": 16, "image_size": IMAGE_SIZE, "amount": 0.7},
        [light, source, sample_faces()],
        (2, 16, 16, 3),
        tolerance=2e-4,
        mixed_output_dtype="float32",
    )


@pytest.mark.parametrize("size", [32, 64])
def test_light_equals_ridge_regression(size):
    marks = sample_faces()[:1]
    image = lit(marks[0], size, GRADIENT)
    rng = np.random.default_rng(0)
    image = image + rng.normal(scale=0.1, size=image.shape).astype("float32")
    light = as_numpy(HeadShading(8, IMAGE_SIZE).light(image, marks))[0]
    normal, rotation, distance = normals_of(marks[0], size)
    inside = distance <= 1
    n, g = (normal @ rotation.T)[inside], image.reshape(-1, 3)[inside].astype("float64")
    n, g = n - n.mean(0), g - g.mean(0)
    expected = np.linalg.solve(n.T @ n / len(n) + 0.03 * np.eye(3), n.T @ g / len(n))
    np.testing.assert_allclose(light, expected, atol=1e-4)
    assert np.abs(expected).max() > 0.1


def test_equals_float64():
    size = 32
    source, driving = landmarks_of(view((5, 10, 3))), sample_faces()[:1]
    light = GRADIENT[None].astype("float32")
    layer = HeadShading(size, IMAGE_SIZE, amount=0.8)
    shading = as_numpy(layer(light, source, driving)).reshape(-1, 3)
    normal, after, distance = normals_of(driving[0], size)
    _, before, _ = normals_of(source[0], size)
    window = 1 / (1 + np.exp(-6 * (1 - distance)))
    expected = 0.8 * window[:, None] * (normal @ (after - before).T @ GRADIENT)
    np.testing.assert_allclose(shading, expected, atol=2e-4)
    assert np.abs(expected).max() > 0.05


def test_a_turned_face_gets_the_light_of_its_new_place():
    """Rendered twice: the second is the first, carried along and shaded anew."""
    size = 64
    cameras = view((0, -12, 0)), view((8, 14, 0))
    source, driving = (landmarks_of(c) for c in cameras)
    layer = HeadShading(size, IMAGE_SIZE, amount=1.0)
    light = layer.light(lit(source[0], size, GRADIENT), source)
    normal, after, distance = normals_of(driving[0], size)
    _, before, _ = normals_of(source[0], size)
    carried = 0.1 + normal @ before.T @ GRADIENT
    truth = 0.1 + normal @ after.T @ GRADIENT
    shaded = carried + as_numpy(layer(light, source, driving)).reshape(-1, 3)
    inside = distance < 0.6
    error = np.abs(shaded - truth)[inside].mean()
    assert error < 0.5 * np.abs(carried - truth)[inside].mean()


def test_light_on_a_face_that_has_not_turned_stays():
    source = landmarks_of(view((5, 10, 3)))
    moved = landmarks_of(view((5, 10, 3), 0.6, (70, 44)))
    light = GRADIENT[None].astype("float32")
    shading = as_numpy(HeadShading(16, IMAGE_SIZE)(light, source, moved))
    assert np.abs(shading).max() < 1e-4


def test_an_even_face_has_no_light():
    marks = sample_faces()
    image = np.full((2, 32, 32, 3), 0.4, "float32")
    light = as_numpy(HeadShading(8, IMAGE_SIZE).light(image, marks))
    assert np.abs(light).max() < 1e-5


def test_coinciding_landmarks_give_numbers():
    nothing, marks = np.zeros((2, 68, 2), "float32"), sample_faces()
    layer = HeadShading(8, IMAGE_SIZE)
    image = np.random.default_rng(0).normal(size=(2, 16, 16, 3)).astype("float32")
    for pair in ((nothing, marks), (marks, nothing), (nothing, nothing)):
        light = layer.light(image, pair[0])
        assert np.isfinite(as_numpy(layer(light, *pair))).all()


@pytest.mark.parametrize("kwargs", [{"size": 1}, {"image_size": 1}])
def test_bad_arguments(kwargs):
    with pytest.raises(ValueError, match="Received"):
        HeadShading(**{"size": 8, "image_size": 64, **kwargs})


def test_rotations_of_the_tests_are_those_of_the_layer():
    _, rotation, _ = normals_of(landmarks_of(view((10, 20, 5)))[0], 32)
    expected = Rotation.from_euler("xyz", (10, 20, 5), degrees=True).as_matrix()
    np.testing.assert_allclose(rotation, expected, atol=1e-4)
