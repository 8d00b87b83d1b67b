import numpy as np
import pytest
from skimage.transform import SimilarityTransform, estimate_transform

from aan_keras.layers.lip_change import (
    changed_lips,
    lip_change,
    lip_opening,
    lip_window,
)
from tests.layers.check_layer import as_numpy
from tests.layers.sample_face import sample_landmarks

SIZE = 128


def opened(marks, pixels):
    """The lower lip moved down."""
    other = marks.copy()
    other[:, [55, 56, 57, 58, 59, 65, 66, 67], 1] += pixels
    return other


def test_change_equals_scikit_image():
    source, driving = (sample_landmarks(3, SIZE, seed) for seed in (1, 2))
    driving = opened(driving, 6.0)
    for i in range(3):
        p, q = source[i, 48:].astype("float64"), driving[i, 48:].astype("float64")
        gap = estimate_transform("similarity", p, q)(p) - q
        radius = np.sqrt(((q - q.mean(0)) ** 2).sum(1).mean())
        expected = np.linalg.norm(gap, axis=1).mean() / (2 * radius)
        change = as_numpy(lip_change(source[i : i + 1], driving[i : i + 1]))
        np.testing.assert_allclose(change, expected, rtol=1e-3)
        assert expected > 0.02


def test_a_mouth_that_moves_as_a_whole_has_not_changed():
    source = sample_landmarks(2, SIZE)
    move = SimilarityTransform(scale=1.3, rotation=0.4, translation=(7, -5))
    driving = np.stack([move(s) for s in source]).astype("float32")
    assert as_numpy(changed_lips(source, driving, SIZE)).max() < 1e-3


def test_lips_that_open_have_changed_and_nothing_else():
    source = sample_landmarks(2, SIZE)
    driving = opened(source, 8.0)
    changed = as_numpy(changed_lips(source, driving, SIZE))
    assert changed.shape == (2, SIZE, SIZE, 1)
    for i in range(2):
        x, y = np.round(driving[i, 60:].mean(0)).astype(int)
        assert changed[i, y, x] > 0.95
        for k in (27, 36, 45, 0, 16):  # nose, eyes, jaw
            x, y = np.round(driving[i, k]).astype(int)
            assert changed[i, y, x] < 0.02


@pytest.mark.parametrize("angle", [0.0, 0.7])
def test_window_is_an_ellipse_about_the_outer_lips(angle):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    t = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    lips = np.stack([16 * np.cos(t), 7 * np.sin(t)], 1) @ turn.T + (60, 70)
    marks = np.zeros((1, 68, 2), "float32")
    marks[0, 48:60] = lips
    window = as_numpy(lip_window(marks, SIZE))[0, ..., 0]
    y, x = np.mgrid[:SIZE, :SIZE]
    across, along = (np.stack([x - 60, y - 70], -1) @ turn).transpose(2, 0, 1)
    # Moments of at least .06 of their sum, so that closed lips are not a line.
    least = 0.06 * (16**2 + 7**2)
    a, b = (1.6**2 * (r**2 + least) for r in (16, 7))
    expected = 1 / (1 + np.exp(-4 * (1 - across**2 / a - along**2 / b)))
    np.testing.assert_allclose(window, expected, atol=1e-3)


def test_coinciding_landmarks_give_numbers():
    nothing, marks = np.zeros((1, 68, 2), "float32"), sample_landmarks(1, SIZE)
    for pair in ((nothing, marks), (marks, nothing), (nothing, nothing)):
        assert np.isfinite(as_numpy(changed_lips(*pair, 16))).all()


def test_opening_is_the_gap_as_a_share_of_the_face():
    marks = opened(sample_landmarks(3, SIZE), 6.0)
    for found, points in zip(as_numpy(lip_opening(marks)), marks.astype("float64")):
        gap = np.linalg.norm(points[[61, 62, 63]] - points[[67, 66, 65]], axis=1)
        eyes, nose = points[45] - points[36], points[33] - points[27]
        expected = gap.mean() / np.sqrt(eyes @ eyes + nose @ nose)
        np.testing.assert_allclose(found, expected, rtol=1e-5)
        assert expected > 0.05
    move = SimilarityTransform(scale=1.7, rotation=2.0, translation=(7, -5))
    moved = np.stack([move(points) for points in marks]).astype("float32")
    np.testing.assert_allclose(lip_opening(moved), lip_opening(marks), rtol=1e-4)
