import numpy as np
import pytest
from keras import ops

from aan_keras.layers.person_outline import (
    above_chin,
    background_odds,
    face_coordinates,
)
from tests.layers.check_layer import as_numpy
from tests.layers.sample_face import sample_landmarks

SIZE = 64


def coordinates(points):
    return face_coordinates(ops.convert_to_tensor(points), SIZE)


def simple_face():
    """Brows at (20, 20), the chin 10 pixels below."""
    face = np.zeros((1, 68, 2), "float32") + 20.0
    face[:, 8] = (20, 30)
    return face


def odds_of(points):
    return as_numpy(background_odds(*coordinates(points)))


def test_coordinates_equal_a_projection_in_float64():
    points = sample_landmarks(2, SIZE)
    across, along = map(as_numpy, coordinates(points))
    y, x = np.mgrid[:SIZE, :SIZE].astype("float64")
    for i, face in enumerate(points.astype("float64")):
        brows = face[17:27].mean(0)
        length = np.linalg.norm(face[8] - brows)
        down = (face[8] - brows) / length
        way = np.stack([x, y], -1) - brows
        expected = way @ down / length
        side = np.linalg.norm(way - (way @ down)[..., None] * down, axis=-1) / length
        np.testing.assert_allclose(along[i, ..., 0], expected, atol=1e-5)
        np.testing.assert_allclose(across[i, ..., 0], side, atol=1e-5)


def test_head_and_body_are_the_person():
    odds = odds_of(simple_face())[0, ..., 0]
    assert odds[20, 20] == -8 and odds[26, 20] < -4  # within the head
    assert odds[60, 20] == -8 and odds[60, 5] < -4  # the body, down to the border
    assert odds[2, 20] > 5 and odds[20, 45] == 8  # above and beside
    assert odds[25, 36] > 3 and odds[58, 62] > 3  # beside chin and body
    # The outline: a head 1.05 times as far to each side, .05 below the brows.
    row = np.interp(np.arange(20, 40, 0.01), np.arange(SIZE), odds[20])
    crossing = 0.01 * np.argmax(row > 0)
    expected = 10 * 1.05 * np.sqrt(1 - (0.05 / 1.1) ** 2)
    assert crossing == pytest.approx(expected, abs=0.1)


def test_above_the_chin():
    _, along = coordinates(simple_face())
    column = as_numpy(above_chin(along))[0, :, 20, 0]
    assert column[25] > 0.99 and column[35] < 0.01
    assert column[30] == pytest.approx(0.5)


def test_the_outline_turns_with_the_face():
    points = sample_landmarks(2, SIZE)
    turned = np.stack([SIZE - 1 - points[..., 1], points[..., 0]], axis=-1)
    expected = np.rot90(odds_of(points), -1, axes=(1, 2))
    np.testing.assert_allclose(odds_of(turned.astype("float32")), expected, atol=1e-4)
    assert 0.1 < np.mean(expected < 0) < 0.9
