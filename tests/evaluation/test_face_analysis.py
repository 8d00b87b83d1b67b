import cv2
import dlib
import numpy as np
import pytest

from aan_keras.evaluation import FaceAnalysis, Faces
from aan_keras.evaluation.action_units import expression_measures
from aan_keras.faces.head_pose import head_pose
from aan_keras.models.dlib_reader import find_dlib_file


@pytest.fixture(scope="module")
def analysis(landmarker):
    return FaceAnalysis(landmarker)


@pytest.fixture(scope="module")
def faces(analysis, portrait_crop):
    blank = np.full_like(portrait_crop, 90)
    return analysis(np.stack([portrait_crop, blank, portrait_crop[:, ::-1]]))


def test_failures_are_rows_of_nan(faces):
    assert faces.found.tolist() == [True, False, True]
    assert len(faces) == 3
    for values in (faces.angles, faces.expression, faces.identity, faces.texture):
        assert np.isfinite(values[[0, 2]]).all()
        assert np.isnan(values[1]).all()
    assert faces.arcface is None


def test_identity_is_dlibs(faces, portrait_crop):
    recognizer = dlib.face_recognition_model_v1(find_dlib_file())
    points = [dlib.point(*map(int, np.round(p * 4))) for p in faces.landmarks[0]]
    large = np.ascontiguousarray(portrait_crop.repeat(4, 0).repeat(4, 1))
    shape = dlib.full_object_detection(dlib.rectangle(0, 0, 512, 512), points)
    expected = np.array(recognizer.compute_face_descriptor(large, shape))
    assert np.linalg.norm(faces.identity[0] - expected) < 0.15
    assert np.linalg.norm(faces.identity[0] - faces.identity[2]) < 0.35


def test_pose_and_expression_are_those_of_the_landmarks(faces):
    points = faces.landmarks[0]
    np.testing.assert_array_equal(faces.angles[0], head_pose(points).angles)
    np.testing.assert_array_equal(faces.expression[0], expression_measures(points))
    # The mirror image looks the other way.
    mirrored = faces.angles[2] * [1, -1, -1]
    np.testing.assert_allclose(faces.angles[0], mirrored, atol=4)


def test_small_crops_are_enlarged_for_the_detector(analysis, faces, portrait_crop):
    small = cv2.resize(portrait_crop, (64, 64), interpolation=cv2.INTER_AREA)
    found = analysis(small[None])
    expected = (faces.landmarks[0] + 0.5) / 2 - 0.5
    assert np.abs(found.landmarks[0] - expected).max() < 2
    assert np.linalg.norm(found.identity[0] - faces.identity[0]) < 0.4


def test_no_face_at_all(analysis, portrait_crop):
    faces = analysis(np.full((2, *portrait_crop.shape), 90, "uint8"))
    assert not faces.found.any()
    assert faces.identity.shape == (2, 128)


def test_take_and_concatenate(faces):
    again = Faces.concatenate([faces.take([0]), faces.take([1, 2])])
    np.testing.assert_array_equal(again.landmarks, faces.landmarks)
    np.testing.assert_array_equal(again.texture, faces.texture)
    assert again.arcface is None


def test_arcface_gets_found_faces_only(landmarker, portrait_crop):
    seen = []

    def arcface(images, landmarks):
        seen.append((images.shape, landmarks.shape))
        return np.ones((len(images), 4), "float32")

    analysis = FaceAnalysis(landmarker, arcface=arcface)
    faces = analysis(np.stack([np.full_like(portrait_crop, 90), portrait_crop]))
    assert seen == [((1, 128, 128, 3), (1, 68, 2))]
    assert np.isnan(faces.arcface[0]).all() and (faces.arcface[1] == 1).all()


def test_a_batch_without_faces_fits_the_others(faces, portrait_crop, landmarker):
    """As the last one may be, of a single picture."""
    analysis = FaceAnalysis(
        landmarker, arcface=lambda images, points: np.ones((1, 512))
    )
    parts = [analysis(image[None]) for image in (portrait_crop, portrait_crop * 0 + 90)]
    together = Faces.concatenate(parts)
    assert together.arcface.shape == (2, 512)
    assert np.isfinite(together.arcface[0]).all()
    assert np.isnan(together.arcface[1]).all()
    both = Faces.concatenate([faces, faces])
    np.testing.assert_array_equal(both.identity[:3], faces.identity)
