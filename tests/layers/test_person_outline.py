import numpy as np
import pytest
from keras import ops

from aan_keras.layers.head_ellipsoid import HEAD_CENTRE, HEAD_RADII, HEAD_SHAPE
from aan_keras.layers.person_outline import (
    above_chin,
    background_odds,
    face_coordinates,
    turned_background_odds,
)
from aan_keras.layers.similarity_flow import HEAD_LANDMARKS
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


def test_a_turned_head_is_not_around_its_face():
    """The outline's middle is where the ellipsoid's lies, which is behind the face."""
    shape = np.zeros((68, 3), "float32")
    shape[list(HEAD_LANDMARKS)] = HEAD_SHAPE
    shape[8] = (0, 112, 0)
    angle = np.radians(30)
    cos, sin = np.cos(angle), np.sin(angle)
    rotation = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    for turn in (np.eye(3), rotation):
        face = (0.2 * shape @ turn[:2].T + 32).astype("float32")[None]
        found = turned_background_odds(ops.convert_to_tensor(face), SIZE)
        odds, head = map(as_numpy, found)
        person = odds[0, 33, :, 0] < 0
        # Of an ellipsoid around the vertical axis, half the width is a radius.
        radii = np.hypot(HEAD_RADII[0] * turn[0, 0], HEAD_RADII[2] * turn[0, 2])
        centre = 32 + 0.2 * (turn[0] @ HEAD_CENTRE)
        found = np.flatnonzero(person)
        assert abs(found.mean() - centre) < 0.6
        assert abs(len(found) - 2 * 0.2 * 1.05 * radii) < 1.2
        # The neck below the chin is the person's, what is above its hair is not.
        x = int(round(face[0, 8, 0]))
        assert odds[0, -1, x, 0] < -4 and odds[0, 0, x, 0] > 4
        # Beside the neck are shoulders, or nobody.
        assert odds[0, -1, x + 25, 0] < -4 and head[0, -1, x + 25, 0] > 4
        np.testing.assert_array_equal(head[:, :, x], odds[:, :, x])
    assert abs(centre - 32) > 6


def test_the_outline_turns_with_the_face():
    points = sample_landmarks(2, SIZE)
    turned = np.stack([SIZE - 1 - points[..., 1], points[..., 0]], axis=-1)
    expected = np.rot90(odds_of(points), -1, axes=(1, 2))
    np.testing.assert_allclose(odds_of(turned.astype("float32")), expected, atol=1e-4)
    assert 0.1 < np.mean(expected < 0) < 0.9
