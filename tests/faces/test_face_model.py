import numpy as np

from aan_keras.data import MIRROR_PERMUTATION
from aan_keras.faces.face_model import RIGID_POINTS, face_model


def test_symmetric_in_millimetres():
    model = face_model()
    assert model.shape == (68, 3)
    mirrored = model[MIRROR_PERMUTATION] * [-1, 1, 1]
    np.testing.assert_array_equal(mirrored, model)
    np.testing.assert_allclose(np.linalg.norm(model[36] - model[45]), 90, atol=0.1)


def test_looks_into_the_camera():
    model = face_model()
    assert np.argmin(model[:, 2]) == 30  # the tip of the nose is nearest
    assert model[8, 1] > model[57, 1] > model[33, 1] > model[27, 1] > model[19, 1]
    assert model[45, 0] > model[36, 0]


def test_rigid_points_are_nose_and_eye_corners():
    assert set(RIGID_POINTS) == {*range(27, 36), 36, 39, 42, 45}
