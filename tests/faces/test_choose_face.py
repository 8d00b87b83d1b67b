import numpy as np
import pytest

from aan_keras.faces import Face, InputError, choose_face
from aan_keras.faces.choose_face import as_faces


def make_face(size, x=100):
    points = np.random.default_rng(0).uniform(-0.5, 0.5, (68, 2)) * size + [x, 100]
    return Face(points, box=(x - size / 2, 80, x + size / 2, 120))


def test_largest_is_first_whatever_the_order():
    faces = as_faces([make_face(20), make_face(60), make_face(40)])
    assert [face.width for face in faces] == [60, 40, 20]
    assert len(as_faces(np.stack([face.landmarks for face in faces]))) == 3


def test_largest_wins_and_the_choice_is_told():
    told = []
    faces = as_faces([make_face(20, 50), make_face(60, 200)])
    assert choose_face(faces, None, "a.jpg", told.append).width == 60
    assert choose_face(faces, 2, "a.jpg", told.append).width == 20
    assert told == [
        "2 faces in a.jpg: using face 1, 60 pixels wide at (200, 100); "
        "others: 2: 20 pixels wide at (50, 100)",
        "2 faces in a.jpg: using face 2, 20 pixels wide at (50, 100); "
        "others: 1: 60 pixels wide at (200, 100)",
    ]


def test_a_single_face_needs_no_words():
    told = []
    assert choose_face([make_face(20)], None, "a.jpg", told.append).width == 20
    assert told == []


@pytest.mark.parametrize(
    ("count", "number", "message"),
    [
        (0, None, "no face found in a.jpg: use"),
        (0, 1, "no face found in a.jpg: use"),
        (1, 2, "there is no face 2 in a.jpg: it has 1 face, numbered"),
        (2, 0, "there is no face 0 in a.jpg: it has 2 faces, numbered"),
    ],
)
def test_no_such_face(count, number, message):
    with pytest.raises(InputError, match=message):
        choose_face([make_face(20)] * count, number, "a.jpg")
