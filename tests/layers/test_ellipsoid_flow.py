import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from aan_keras.faces.face_model import face_model
from aan_keras.layers.ellipsoid_flow import EllipsoidFlow
from aan_keras.layers.head_ellipsoid import HEAD_CENTRE, HEAD_RADII, HEAD_SHAPE
from aan_keras.layers.similarity_flow import HEAD_LANDMARKS, SimilarityFlow
from tests.layers.check_layer import as_numpy, check_layer
from tests.layers.sample_face import sample_landmarks

IMAGE_SIZE = 128


def view(angles, scale=0.5, shift=(63.5, 50.0)):
    """A camera `[4, 2]`: the mean face under pitch, yaw and roll in degrees."""
    rotation = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    return np.vstack([scale * rotation[:2].T, shift])


def seen(points, camera):
    return points @ camera[:3] + camera[3]


def landmarks_of(*cameras):
    return np.stack([seen(face_model(), c) for c in cameras]).astype("float32")


def head_surface():
    """Points on the front of the ellipsoid, `[n, 3]`, and their normals."""
    rng = np.random.default_rng(0)
    normals = rng.normal(size=(4000, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    points = normals * HEAD_RADII + HEAD_CENTRE
    outward = normals / HEAD_RADII
    return points, outward / np.linalg.norm(outward, axis=1, keepdims=True)


@pytest.mark.parametrize(
    "kwargs",
    [
        {"size": 16, "image_size": IMAGE_SIZE},
        {"size": 9, "image_size": 100, "radii": [90, 130, 90], "centre": [0, 0, 60]},
    ],
)
def test_layer(kwargs):
    check_layer(
        EllipsoidFlow,
        kwargs,
        [landmarks_of(view((5, 10, 3)), view((0, -20, 0))), sample_faces()],
        (2, kwargs["size"], kwargs["size"], 2),
        # Of rays that graze the outline the depth is a root of nearly zero.
        tolerance=2e-4,
        mixed_output_dtype="float32",
    )


def sample_faces():
    return landmarks_of(view((-8, 15, -5), 0.45), view((10, 5, 20), 0.55, (60, 55)))


def test_the_heads_shape_is_the_mean_faces():
    np.testing.assert_array_equal(HEAD_SHAPE, face_model()[list(HEAD_LANDMARKS)])


@pytest.mark.parametrize(
    "source, driving",
    [
        ((0, 0, 0), (0, 25, 0)),
        ((0, 0, 0), (15, 0, 0)),
        ((5, -20, 8), (-10, 15, -12)),
        ((0, 30, 0), (0, -10, 0)),
    ],
)
def test_points_of_a_turned_head_are_found_where_they_were(source, driving):
    cameras = view(source), view(driving, 0.6, (70.0, 58.0))
    points, normals = head_surface()
    turned = Rotation.from_euler("xyz", driving, degrees=True).apply(normals)
    points = points[turned[:, 2] < -0.5]  # that the camera sees, and not at a slant
    before, after = (seen(points, c) for c in cameras)
    size = 512  # so fine that the nearest place is near enough
    flow = EllipsoidFlow(size, IMAGE_SIZE)(
        *(landmarks_of(c) for c in cameras),
    )
    scale = size / IMAGE_SIZE
    places = np.round((after + 0.5) * scale - 0.5).astype(int)
    inside = ((places >= 0) & (places < size)).all(1)
    assert inside.sum() > 500
    x, y = places[inside].T
    moved = places[inside] + as_numpy(flow)[0, y, x]
    found = (moved + 0.5) / scale - 0.5
    # Half a place off in x and in y, at most, stretched where the head turns away.
    error = np.linalg.norm(found - before[inside], axis=1)
    assert error.max() < 0.6 and error.mean() < 0.15


def test_equals_float64():
    """Affine camera by least squares, its polar factor by singular values; around the
    head the rotation in the plane that is nearest to the head's."""
    size = 48
    source, driving = landmarks_of(view((5, 10, 3))), sample_faces()[:1]
    rng = np.random.default_rng(0)
    driving = driving + rng.normal(scale=0.4, size=driving.shape).astype("float32")
    flow = as_numpy(EllipsoidFlow(size, IMAGE_SIZE)(source, driving))[0]
    poses = []
    for marks in (source[0], driving[0]):
        marks = (marks[list(HEAD_LANDMARKS)].astype("float64") + 0.5) * size
        marks = marks / IMAGE_SIZE - 0.5
        design = np.hstack([HEAD_SHAPE, np.ones((19, 1))])
        affine = np.linalg.lstsq(design, marks, rcond=None)[0]
        u, s, vt = np.linalg.svd(affine[:3].T, full_matrices=False)
        rows = u @ vt
        shift = marks.mean(0) - s.mean() * np.mean(HEAD_SHAPE, 0) @ rows.T
        poses.append((s.mean(), rows, shift))
    y, x = np.mgrid[:size, :size]
    grid = np.stack([x, y], -1).reshape(-1, 2).astype("float64")
    (scale, rows, shift), (scale_d, rows_d, shift_d) = poses
    ray = np.cross(*rows_d)
    start = (grid - shift_d) / scale_d @ rows_d
    q, n = (start - HEAD_CENTRE) / HEAD_RADII, ray / HEAD_RADII
    a, b, c = n @ n, q @ n, (q * q).sum(1) - 1
    inside = (b * b - a * c) / a
    depth = -(b + np.sqrt(np.maximum(b * b - a * c, 0))) / a
    surface = (start + depth[:, None] * ray) @ rows.T
    u, _, vt = np.linalg.svd(rows @ rows_d.T)
    around = ((grid - shift_d) / scale_d - rows_d @ HEAD_CENTRE) @ (u @ vt).T
    around = around + rows @ HEAD_CENTRE
    hit = 1 / (1 + np.exp(-np.clip(40 * inside, -50, 50)))[:, None]
    expected = scale * (hit * surface + (1 - hit) * around) + shift - grid
    error = np.abs(flow.reshape(-1, 2) - expected).max(1)
    assert error[np.abs(inside) > 0.1].max() < 1e-4
    assert error.max() < 0.02  # at the outline
    assert np.abs(expected).mean() > 1


def test_what_is_around_a_head_that_turns_on_the_spot_stays():
    turned = Rotation.from_euler("y", 30, degrees=True).as_matrix()
    still = Rotation.identity().as_matrix()
    marks = []
    for rotation in (still, turned):
        # About the ellipsoid's middle, and not about the eyes.
        points = (face_model() - HEAD_CENTRE) @ rotation.T
        marks.append((0.4 * points[:, :2] + 63.5)[None].astype("float32"))
    flow = as_numpy(EllipsoidFlow(32, IMAGE_SIZE)(*marks))[0]
    assert np.abs(flow[0]).max() < 0.02 and np.abs(flow[:, 0]).max() < 0.02
    # Eyes and nose have moved by more than a twentieth of the picture.
    assert np.abs(flow[16, 16, 0]) > 1.5


def test_single_places_are_carried_as_the_flow_carries_them():
    size = 64
    layer, marks = EllipsoidFlow(size, size), landmarks_of(view((5, 10, 3)))
    marks = [m / 2 for m in (marks, sample_faces()[:1])]
    flow = as_numpy(layer(*marks))[0]
    x, y = np.array([20, 31, 33, 50]), np.array([12, 40, 31, 22])
    points = np.stack([x, y], -1)[None].astype("float32")
    carried = as_numpy(layer.carry(*marks, points))
    np.testing.assert_allclose(carried[0], points[0] + flow[y, x], atol=1e-3)


def test_what_stays_in_the_plane_is_a_similarity():
    cameras = view((0, 0, 0)), view((0, 0, 25), 0.6, (70.0, 45.0))
    marks = [landmarks_of(c) for c in cameras]
    flow = as_numpy(EllipsoidFlow(32, IMAGE_SIZE)(*marks))
    expected = as_numpy(SimilarityFlow(32, IMAGE_SIZE)(*marks))
    np.testing.assert_allclose(flow, expected, atol=1e-3)


def test_nothing_moves_under_the_same_landmarks():
    marks = sample_faces()
    assert np.abs(as_numpy(EllipsoidFlow(32, IMAGE_SIZE)(marks, marks))).max() < 2e-4


def test_expression_does_not_move_the_head():
    source = sample_landmarks(1, IMAGE_SIZE, 1)
    driving = source.copy()
    driving[:, 48:] += 5.0  # the mouth
    driving[:, 5:12, 1] += 8.0  # the chin
    assert np.abs(as_numpy(EllipsoidFlow(16, IMAGE_SIZE)(source, driving))).max() < 2e-4


def test_coinciding_landmarks_give_numbers():
    nothing, marks = np.zeros((2, 68, 2), "float32"), sample_faces()
    for pair in ((nothing, marks), (marks, nothing), (nothing, nothing)):
        assert np.isfinite(as_numpy(EllipsoidFlow(8, IMAGE_SIZE)(*pair))).all()


@pytest.mark.parametrize(
    "kwargs", [{"size": 1}, {"radii": (1, 2)}, {"radii": (1, 0, 1)}, {"centre": (1,)}]
)
def test_bad_arguments(kwargs):
    with pytest.raises(ValueError, match="Received"):
        EllipsoidFlow(**{"size": 8, "image_size": 64, **kwargs})


def test_too_few_landmarks():
    points = np.zeros((1, 20, 2), "float32")
    with pytest.raises(ValueError, match="68, 2"):
        EllipsoidFlow(8, 64)(points, points)
