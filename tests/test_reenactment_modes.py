"""What becomes of the driving landmarks, by mode."""

import numpy as np
import pytest

from aan_keras.demo import MOTION, PORTRAIT
from aan_keras.faces import LandmarkTrack
from aan_keras.faces.motion_transfer import transfer_motion
from aan_keras.models.landmark_transformer import LandmarkTransformer
from aan_keras.reenactment import Reenactment
from tests.recorder import Recorder


def test_landmarks_come_from_transfer_motion(portrait, landmarker):
    for mode in ("absolute", "relative"):
        made = Reenactment(
            Recorder(), portrait, MOTION, mode=mode, landmarker=landmarker
        )
        track = LandmarkTrack.load(MOTION)
        relative = mode == "relative"
        expected = transfer_motion(made.source_landmarks, track.landmarks, relative)
        np.testing.assert_array_equal(made.landmarks, expected)


def test_clip_is_put_on_the_sources_face_shape_by_default(portrait, landmarker):
    made = Reenactment(Recorder(), portrait, MOTION, landmarker=landmarker)
    transformer = LandmarkTransformer.from_preset()
    track = LandmarkTrack.load(MOTION).landmarks
    expected = transfer_motion(
        made.source_landmarks, transformer.put_on(track, made.source_landmarks)
    )
    np.testing.assert_array_equal(made.landmarks, expected)
    absolute = transfer_motion(made.source_landmarks, track)
    assert np.abs(made.landmarks - absolute).max() > 0.5


def test_given_transformer_sees_photo_and_clip(portrait, landmarker):
    class Shifter:
        def put_on(self, landmarks, source_landmarks, source_image):
            self.seen = (landmarks, source_landmarks, source_image)
            return landmarks * 1.0

    shifter = Shifter()
    options = {"landmarker": landmarker, "transformer": shifter}
    made = Reenactment(Recorder(), portrait, MOTION, **options)
    landmarks, source_landmarks, image = shifter.seen
    np.testing.assert_array_equal(landmarks, LandmarkTrack.load(MOTION).landmarks)
    np.testing.assert_array_equal(source_landmarks, made.source_landmarks)
    np.testing.assert_allclose(image, made.source_image / 127.5 - 1, atol=1e-6)
    expected = transfer_motion(source_landmarks, landmarks)
    np.testing.assert_array_equal(made.landmarks, expected)


@pytest.mark.parametrize(
    "options", [{"mode": "nearest"}, {"mode": "absolute", "relative": True}]
)
def test_unknown_mode(options):
    with pytest.raises(ValueError, match="`mode` must be one of .* Received: mode="):
        Reenactment(Recorder(), PORTRAIT, MOTION, **options)
