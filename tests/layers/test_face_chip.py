import dlib
import numpy as np
import pytest
from skimage import data

from aan_keras.layers.face_chip import FaceChip
from tests.layers.check_layer import as_numpy, check_layer
from tests.layers.sample_face import canonical_face, sample_landmarks


def detection(landmarks):
    """dlib's landmarks are whole pixels."""
    points = [dlib.point(round(float(x)), round(float(y))) for x, y in landmarks]
    return dlib.full_object_detection(dlib.rectangle(0, 0, 9, 9), points)


def dlib_corners(landmarks, size, padding):
    """Image coordinates of the four corner pixels of dlib's chip."""
    details = dlib.get_face_chip_details(detection(landmarks), size, padding)
    rectangle, angle = details.rect, details.angle
    sides = np.array(
        [
            (rectangle.left(), rectangle.top()),
            (rectangle.right(), rectangle.top()),
            (rectangle.left(), rectangle.bottom()),
            (rectangle.right(), rectangle.bottom()),
        ]
    )
    centre = sides.mean(0)
    rotation = [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    return (sides - centre) @ rotation + centre


def portrait():
    """A real face, uint8 [512, 512, 3], and landmarks that roughly fit it."""
    landmarks = canonical_face() * 52 + (226, 118)
    return data.astronaut(), np.round(landmarks).astype("float32")


def test_layer():
    rng = np.random.default_rng(0)
    image = rng.uniform(-1, 1, (2, 24, 24, 3)).astype("float32")
    check_layer(
        FaceChip,
        {"size": 20, "padding": 0.1},
        [image, sample_landmarks(2, 24)],
        (2, 20, 20, 3),
        tolerance=1e-5,  # Pixel coordinates round differently in a graph.
    )


@pytest.mark.parametrize("turn", [0.0, 0.4, -1.2, 3.0])
@pytest.mark.parametrize("size, padding", [(150, 0.25), (112, 0.0), (64, 0.6)])
def test_corners_equal_dlib(size, padding, turn):
    rng = np.random.default_rng(1)
    rotation = [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]
    face = canonical_face() + rng.normal(scale=0.05, size=(68, 2))
    landmarks = np.round(face @ rotation * 90 + 200).astype("float32")
    x, y = FaceChip(size, padding).source_coordinates(landmarks[None])
    corners = np.stack([as_numpy(x), as_numpy(y)], -1)[0, :: size - 1, :: size - 1]
    expected = dlib_corners(landmarks, size, padding)
    np.testing.assert_allclose(corners.reshape(4, 2), expected, atol=2e-3)


def test_pixels_equal_dlib():
    image, landmarks = portrait()
    # Cut through the face: the chip reaches out of the image on the left.
    image = np.ascontiguousarray(image[:, 190:])
    landmarks -= np.float32([190, 0])
    expected = dlib.get_face_chip(image, detection(landmarks), 150, 0.25)
    layer = FaceChip()
    chip = layer(image[None].astype("float32") / 127.5 - 1.0, landmarks[None])
    chip = (as_numpy(chip)[0] + 1.0) * 127.5
    x = as_numpy(layer.source_coordinates(landmarks[None])[0])[0]
    assert 500 < np.sum(x <= -1) < 5000
    # dlib cuts fractions off, and blackens at once what we fade to black in a pixel.
    assert np.abs(chip - expected - 0.5)[x > 1e-3].max() < 0.55
    assert np.abs(chip[x <= -1]).max() < 1e-3
    assert expected[x < -1e-3].max() == 0


def test_other_landmarks_do_not_matter():
    image, landmarks = portrait()
    moved = landmarks.copy()
    moved[:27] += 30.0
    moved[55:60] -= 30.0
    moved[65:] += 30.0
    chips = FaceChip(32)(
        np.stack([image, image]).astype("float32"), np.stack([landmarks, moved])
    )
    chips = as_numpy(chips)
    np.testing.assert_array_equal(chips[0], chips[1])


def test_coincident_landmarks_stay_finite():
    image = np.ones((1, 16, 16, 3), "float32")
    chip = FaceChip(8)(image, np.full((1, 68, 2), 7.0, "float32"))
    assert np.all(np.isfinite(as_numpy(chip)))


@pytest.mark.parametrize("arguments", [{"size": 0}, {"padding": -0.1}])
def test_bad_arguments(arguments):
    with pytest.raises(ValueError, match="Received"):
        FaceChip(**arguments)


def test_bad_landmarks():
    with pytest.raises(ValueError, match="Received shape"):
        FaceChip()(np.zeros((1, 8, 8, 3)), np.zeros((1, 5, 2)))
