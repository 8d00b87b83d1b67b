import dataclasses

import numpy as np
import pytest

from aan_keras.data import read_clips
from aan_keras.evaluation import FaceAnalysis
from aan_keras.evaluation.action_units import expression_measures
from aan_keras.evaluation.pairs import FrameKey, Pair
from aan_keras.evaluation.real_frames import RealFrames
from aan_keras.faces import InputError
from aan_keras.faces.motion_transfer import transfer_motion
from aan_keras.models.landmark_transformer import LandmarkTransformer

SELF = Pair(FrameKey("anna", "v0", 0), FrameKey("anna", "v0", 3))
CROSS = Pair(FrameKey("anna", "v0", 0), FrameKey("ben", "v0", 2))


@pytest.fixture(scope="module")
def clips(people):
    return read_clips(people)


def test_self_is_driven_by_the_frames_own_landmarks(clips):
    real = RealFrames(clips, 128)
    np.testing.assert_array_equal(real.driving_landmarks(SELF), clips[0].landmarks[3])
    assert real.image(SELF.source).shape == (128, 128, 3)
    assert real.clip_length(SELF.source) == 5


@pytest.mark.parametrize(
    ("mode", "relative"), [("absolute", False), ("relative", True)]
)
def test_cross_is_placed_in_the_sources_crop(clips, mode, relative):
    real = RealFrames(clips, 64, mode)
    source, track = ((clip.landmarks + 0.5) / 2 - 0.5 for clip in clips[:2])
    expected = transfer_motion(source[0], track, relative)[2]
    np.testing.assert_allclose(real.driving_landmarks(CROSS), expected, atol=1e-3)


def test_cross_is_put_on_the_sources_face_shape(clips):
    real = RealFrames(clips, 64, "transform")
    source, track = ((clip.landmarks + 0.5) / 2 - 0.5 for clip in clips[:2])
    moved = LandmarkTransformer.from_preset().put_on(track, source[0])
    expected = transfer_motion(source[0], moved)[2]
    np.testing.assert_allclose(real.driving_landmarks(CROSS), expected, atol=1e-3)
    np.testing.assert_allclose(
        real.driving_landmarks(SELF), (clips[0].landmarks[3] + 0.5) / 2 - 0.5, atol=1e-4
    )


def test_unknown_mode(clips):
    with pytest.raises(ValueError, match="Received: nearest"):
        RealFrames(clips, 64, "nearest")


def test_neutral_is_the_median_of_the_person(clips):
    real = RealFrames(clips, 128)
    expected = np.median([expression_measures(x) for x in clips[0].landmarks], 0)
    np.testing.assert_allclose(real.neutral("anna"), expected)


def test_faces_are_analysed_once_each(clips, landmarker):
    seen = []

    def counting(image):
        seen.append(image)
        return landmarker(image)

    real = RealFrames(clips, 128)
    analysis = FaceAnalysis(counting, identity_net=lambda chips: chips[:, 0, :2, 0])
    real.analyse([SELF, CROSS], analysis, 2, lambda items, total, what: items)
    assert len(seen) == 3
    known = real.known([SELF, CROSS])
    assert known["driving"].shape == (2, 128, 128, 3)
    np.testing.assert_array_equal(known["driving"][1], real.image(CROSS.driving))
    error = known["driving_faces"].landmarks[1] - real.landmarks(CROSS.driving)
    assert np.abs(error).max() < 2
    np.testing.assert_array_equal(known["driving_neutral"][1], real.neutral("ben"))
    np.testing.assert_array_equal(known["source_neutral"][1], real.neutral("anna"))


def test_damaged_frame_is_one_clear_line(clips):
    broken = dataclasses.replace(clips[0], frames=[b""] * 5)
    with pytest.raises(InputError, match="frame anna/v0/3 can't be read"):
        RealFrames([broken], 128).image(SELF.driving)
