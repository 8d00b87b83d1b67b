import numpy as np
import pytest
from scipy import interpolate

from aan_keras.layers.landmark_flow import BORDER_POINTS, LandmarkFlow
from tests.layers.check_layer import as_numpy, check_layer
from tests.layers.sample_face import sample_landmarks

IMAGE_SIZE = 128


def landmark_pairs(batch=2, closed_mouth=False):
    source = sample_landmarks(batch, IMAGE_SIZE, seed=1)
    driving = sample_landmarks(batch, IMAGE_SIZE, seed=2)
    if closed_mouth:  # upper and lower inner lip coincide
        driving[:, 65:68] = driving[:, [63, 62, 61]]
    return [source, driving]


def reference(source, driving, size, image_size, smoothing):
    """The whole system by SciPy, in float64 pixels of the flow's grid."""
    flows = []
    for s, d in zip(source.astype("float64"), driving.astype("float64")):
        s, d = ((p + 0.5) * 2 / image_size - 1 for p in (s, d))
        spline = interpolate.RBFInterpolator(
            np.concatenate([d, BORDER_POINTS]),
            np.concatenate([s - d, np.zeros_like(BORDER_POINTS)]),
            smoothing=smoothing,
            kernel="thin_plate_spline",
        )
        centres = (np.arange(size) + 0.5) * 2 / size - 1
        grid = np.stack(np.meshgrid(centres, centres), -1).reshape(-1, 2)
        flows.append(spline(grid).reshape(size, size, 2) * size / 2)
    return np.stack(flows)


@pytest.mark.parametrize(
    "kwargs",
    [
        {"size": 16, "image_size": IMAGE_SIZE},
        {"size": 9, "image_size": 100, "smoothing": 1e-2, "iterations": 16},
    ],
)
def test_layer(kwargs):
    shape = (2, kwargs["size"], kwargs["size"], 2)
    check_layer(
        LandmarkFlow,
        kwargs,
        landmark_pairs(),
        shape,
        # The order of sums differs; the inverse of a float32 matrix magnifies that.
        tolerance=1e-4,
        mixed_output_dtype="float32",
    )


@pytest.mark.parametrize("closed_mouth", [False, True])
@pytest.mark.parametrize("size, smoothing", [(32, 3e-4), (64, 1e-2)])
def test_equals_scipy(size, smoothing, closed_mouth):
    source, driving = landmark_pairs(4, closed_mouth)
    flow = as_numpy(LandmarkFlow(size, IMAGE_SIZE, smoothing)(source, driving))
    expected = reference(source, driving, size, IMAGE_SIZE, smoothing)
    # In pixels of the flow's grid; the flow itself is up to several.
    assert np.abs(expected).max() > 3
    np.testing.assert_allclose(flow, expected, atol=2e-3)


def test_takes_driving_landmarks_to_source_landmarks():
    source, driving = landmark_pairs()
    layer = LandmarkFlow(IMAGE_SIZE, IMAGE_SIZE, smoothing=1e-4)
    flow = as_numpy(layer(source, driving))
    columns, rows = np.rint(driving).astype(int).transpose(2, 0, 1)
    at_landmarks = np.stack([flow[b, rows[b], columns[b]] for b in range(2)])
    # Within the smoothing and half a pixel of rounding.
    error = np.abs(at_landmarks - (source - driving))
    assert np.median(error) < 0.2
    assert np.abs(source - driving).max() > 10


def test_the_border_stays_in_place():
    flow = as_numpy(LandmarkFlow(64, IMAGE_SIZE)(*landmark_pairs()))
    corners = flow[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert np.abs(corners).max() < 0.5 < np.abs(flow).max()


def test_equal_landmarks_give_no_flow():
    source, _ = landmark_pairs()
    flow = as_numpy(LandmarkFlow(16, IMAGE_SIZE)(source, source))
    np.testing.assert_array_equal(flow, np.zeros_like(flow))


def test_flow_scales_with_its_grid():
    pair = landmark_pairs()
    coarse = as_numpy(LandmarkFlow(16, IMAGE_SIZE)(*pair))
    fine = as_numpy(LandmarkFlow(48, IMAGE_SIZE)(*pair))
    # Pixel centres of the coarse grid are those of every third fine pixel.
    np.testing.assert_allclose(fine[:, 1::3, 1::3] / 3, coarse, atol=1e-3)


@pytest.mark.parametrize(
    "kwargs, message",
    [
        ({"size": 1, "image_size": 64}, "Received: size=1"),
        ({"size": 8, "image_size": 0}, "image_size=0"),
        ({"size": 8, "image_size": 64, "smoothing": 0.0}, "Received: smoothing=0.0"),
        ({"size": 8, "image_size": 64, "iterations": 0}, "Received: iterations=0"),
    ],
)
def test_bad_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        LandmarkFlow(**kwargs)


@pytest.mark.parametrize(
    "shapes",
    [((2, 68, 2), (2, 66, 2)), ((2, 68, 3), (2, 68, 3)), ((68, 2), (68, 2))],
)
def test_bad_inputs(shapes):
    with pytest.raises(ValueError, match="Received: shapes"):
        LandmarkFlow(8, 64)(*(np.zeros(shape, "float32") for shape in shapes))
