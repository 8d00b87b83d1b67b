import numpy as np
import pytest
from skimage.transform import estimate_transform

from aan_keras.layers.similarity_flow import HEAD_LANDMARKS, SimilarityFlow
from tests.layers.check_layer import as_numpy, check_layer
from tests.layers.sample_face import sample_landmarks

IMAGE_SIZE = 128


def landmark_pairs(batch=2):
    return [sample_landmarks(batch, IMAGE_SIZE, seed) for seed in (1, 2)]


@pytest.mark.parametrize(
    "kwargs",
    [
        {"size": 16, "image_size": IMAGE_SIZE},
        {"size": 9, "image_size": 100, "landmarks": [0, 16, 30]},
    ],
)
def test_layer(kwargs):
    check_layer(
        SimilarityFlow,
        kwargs,
        landmark_pairs(),
        (2, kwargs["size"], kwargs["size"], 2),
        tolerance=1e-5,
        mixed_output_dtype="float32",
    )


def test_equals_scikit_image():
    size = 24
    source, driving = landmark_pairs(3)
    flow = as_numpy(SimilarityFlow(size, IMAGE_SIZE)(source, driving))
    y, x = np.mgrid[:size, :size]
    grid = np.stack([x, y], -1).reshape(-1, 2)
    chosen = list(HEAD_LANDMARKS)
    for i in range(3):
        points = [
            (p[i, chosen].astype("float64") + 0.5) * size / IMAGE_SIZE - 0.5
            for p in (driving, source)
        ]
        transform = estimate_transform("similarity", *points)
        expected = (transform(grid) - grid).reshape(size, size, 2)
        np.testing.assert_allclose(flow[i], expected, atol=2e-4)


def test_expression_does_not_move_the_head():
    source, _ = landmark_pairs(1)
    driving = source.copy()
    driving[:, 48:] += 5.0  # the mouth
    driving[:, 5:12, 1] += 8.0  # the chin
    flow = as_numpy(SimilarityFlow(16, IMAGE_SIZE)(source, driving))
    assert np.abs(flow).max() < 1e-4


@pytest.mark.parametrize("kwargs", [{"size": 1}, {"landmarks": [3]}])
def test_bad_arguments(kwargs):
    with pytest.raises(ValueError, match="Received"):
        SimilarityFlow(**{"size": 8, "image_size": 64, **kwargs})


def test_too_few_landmarks():
    points = np.zeros((1, 20, 2), "float32")
    with pytest.raises(ValueError, match="K >= 46"):
        SimilarityFlow(8, 64)(points, points)
