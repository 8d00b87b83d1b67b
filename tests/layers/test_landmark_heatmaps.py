import numpy as np
import pytest

from aan_keras.layers.landmark_heatmaps import LandmarkHeatmaps
from tests.layers.check_layer import as_numpy, check_layer


def landmarks(image_size=64, count=5):
    rng = np.random.default_rng(0)
    return rng.uniform(0, image_size - 1, size=(2, count, 2)).astype("float32")


def reference(points, size, image_size, variance):
    """Each pixel's squared distance to each landmark, without separation."""
    points = (points.astype("float64") + 0.5) * size / image_size - 0.5
    y, x = np.mgrid[:size, :size]
    out = np.zeros((len(points), size, size, points.shape[1]))
    for b, k in np.ndindex(points.shape[:2]):
        squared = (x - points[b, k, 0]) ** 2 + (y - points[b, k, 1]) ** 2
        out[b, :, :, k] = np.exp(-squared / (2 * variance))
    return out


@pytest.mark.parametrize(
    "kwargs",
    [
        {"size": 16, "image_size": 64},
        {"size": 64, "image_size": 64, "variance": 1.5},
        {"size": 20, "image_size": 64, "variance": 9},
    ],
)
def test_layer(kwargs):
    size = kwargs["size"]
    inputs = [landmarks()]
    outputs = check_layer(LandmarkHeatmaps, kwargs, inputs, (2, size, size, 5))
    expected = reference(inputs[0], **{"variance": 3.0, **kwargs})
    np.testing.assert_allclose(outputs, expected, atol=2e-6)


def test_peak_is_one_at_the_landmark():
    points = np.array([[[3.0, 9.0], [15.0, 0.0]]], "float32")
    outputs = as_numpy(LandmarkHeatmaps(16, 16)(points))
    assert outputs[0, 9, 3, 0] == outputs[0, 0, 15, 1] == outputs.max() == 1.0
    # One pixel and one standard deviation away.
    assert outputs[0, 9, 4, 0] == pytest.approx(np.exp(-1 / 6), abs=1e-6)
    assert outputs[0, 8, 2, 0] == pytest.approx(np.exp(-2 / 6), abs=1e-6)


@pytest.mark.parametrize("size, image_size", [(16, 64), (64, 256), (32, 16), (10, 35)])
def test_rescaling_keeps_pixel_centres(size, image_size):
    # The image's middle is (n - 1) / 2 in pixels of any grid; so are its corners -0.5
    # and n - 0.5. A landmark there lies symmetrically on the heatmap.
    middle = (image_size - 1) / 2
    outputs = as_numpy(
        LandmarkHeatmaps(size, image_size)(np.full((1, 1, 2), middle, "float32"))
    )
    np.testing.assert_allclose(outputs, outputs[:, ::-1, ::-1], atol=1e-6)
    corners = np.array([[[-0.5, -0.5], [image_size - 0.5] * 2]], "float32")
    outputs = as_numpy(LandmarkHeatmaps(size, image_size)(corners))
    expected = np.exp(-0.5 / 6)
    assert outputs[0, 0, 0, 0] == pytest.approx(expected, abs=1e-5)
    assert outputs[0, -1, -1, 1] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_coordinates_stay_float32_in_mixed_precision(policy):
    # bfloat16 knows only even numbers beyond 256: the peak would move.
    points = np.array([[[301.0, 451.0]]], "float32")
    layer = LandmarkHeatmaps(512, 512, dtype=policy)
    outputs = as_numpy(layer(points))[0, :, :, 0]
    assert np.unravel_index(outputs.argmax(), outputs.shape) == (451, 301)
    assert outputs.max() == 1.0


def test_far_landmarks_give_empty_maps():
    points = np.array([[[-1e6, 8.0], [8.0, 1e6]]], "float32")
    outputs = as_numpy(LandmarkHeatmaps(16, 16)(points))
    np.testing.assert_array_equal(outputs, np.zeros_like(outputs))


@pytest.mark.parametrize(
    "kwargs, message",
    [
        ({"size": 0, "image_size": 64}, "`size`.*Received: size=0"),
        ({"size": 16.5, "image_size": 64}, "`size`.*Received: size=16.5"),
        ({"size": 16, "image_size": -1}, "`image_size`.*Received: image_size=-1"),
        ({"size": 16, "image_size": 64, "variance": 0}, "Received: variance=0"),
    ],
)
def test_bad_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        LandmarkHeatmaps(**kwargs)


@pytest.mark.parametrize("shape", [(2, 68), (2, 68, 3), (2, 68, 2, 1)])
def test_bad_inputs(shape):
    with pytest.raises(ValueError, match="Received: input_shape="):
        LandmarkHeatmaps(16, 64)(np.zeros(shape, "float32"))
