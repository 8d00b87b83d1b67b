import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from aan_keras.demo import MOTION
from aan_keras.faces import LandmarkTrack
from aan_keras.preparation.face_pose import _INDICES, _MODEL, face_pose


@pytest.mark.parametrize("pose", [(0, 0, 0), (25, 0, 0), (0, -15, 0), (-30, 12, 18)])
def test_pose_of_the_model_head_is_recovered(pose):
    yaw, pitch, roll = pose
    # Right-handed axes x right, y down, z away: a turn to the right is negative.
    turn = Rotation.from_euler("xyz", [pitch, -yaw, roll], degrees=True)
    landmarks = np.zeros((68, 2))
    landmarks[_INDICES] = 40 * turn.apply(_MODEL)[:, :2] + [64, 70]
    np.testing.assert_allclose(face_pose(landmarks), pose, atol=1e-6)


def test_signs_on_a_real_face():
    points = LandmarkTrack.load(MOTION).landmarks[0].astype("float64")
    yaw, pitch, roll = face_pose(points)
    assert max(abs(yaw), abs(pitch), abs(roll)) < 25
    turned = points.copy()
    turned[27:36, 0] += 8  # the nose moves to the right
    assert face_pose(turned)[0] > yaw + 5
    lowered = points.copy()
    lowered[27:36, 1] += 8
    assert face_pose(lowered)[1] > pitch + 5
    angle = np.deg2rad(10)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    tilted = (points - points.mean(0)) @ matrix.T
    assert face_pose(tilted)[2] == pytest.approx(roll + 10, abs=0.5)


def test_degenerate_landmarks():
    assert face_pose(np.zeros((68, 2))) == (0.0, 0.0, 0.0)
