import numpy as np
import pytest

from aan_keras.faces import Face
from aan_keras.faces.face import box_around


def make_landmarks(seed=0):
    return np.random.default_rng(seed).uniform(20, 90, (68, 2))


def test_box_moves_and_scales_with_the_landmarks():
    landmarks = make_landmarks()
    box = box_around(landmarks)
    moved = box_around(landmarks * 3 + [5, -7])
    np.testing.assert_allclose(moved, box * 3 + [5, -7] * 2)


def test_box_is_square_and_as_documented():
    landmarks = make_landmarks()
    extent = np.ptp(landmarks, axis=0)
    size = np.sqrt(extent[0] * extent[1])
    left, top, right, bottom = box_around(landmarks)
    assert right - left == pytest.approx(bottom - top)
    assert right - left == pytest.approx(1.076 * size)
    assert (left + right) / 2 == pytest.approx(landmarks[:, 0].mean())
    assert (top + bottom) / 2 == pytest.approx(landmarks[:, 1].mean() - 0.071 * size)


def test_boxes_of_many_faces_at_once():
    faces = np.stack([make_landmarks(seed) for seed in range(3)])
    boxes = box_around(faces)
    assert boxes.shape == (3, 4)
    for landmarks, box in zip(faces, boxes):
        np.testing.assert_allclose(box_around(landmarks), box)


def test_own_box_is_kept_and_a_missing_one_derived():
    landmarks = make_landmarks()
    face = Face(landmarks, box=(10, 20, 50, 60))
    assert face.box == (10, 20, 50, 60)
    assert face.centre == (30, 40)
    assert face.width == 40
    assert str(face) == "40 pixels wide at (30, 40)"
    np.testing.assert_allclose(Face(landmarks).box, box_around(landmarks), rtol=1e-6)


@pytest.mark.parametrize("landmarks", [np.zeros((67, 2)), np.full((68, 2), np.nan)])
def test_bad_landmarks_are_refused(landmarks):
    with pytest.raises(ValueError, match="68 finite landmarks.*Received"):
        Face(landmarks)
