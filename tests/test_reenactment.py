import gc
import weakref

import cv2
import numpy as np
import pytest

import aan_keras
from aan_keras.demo import MOTION, PORTRAIT
from aan_keras.driven_frames import driven_frames
from aan_keras.faces import (
    Face,
    FaceCrop,
    LandmarkTrack,
)
from aan_keras.reenactment import Reenactment
from tests.recorder import Recorder


@pytest.fixture(scope="module")
def tiny():
    """Untrained, but with the flow from landmarks: it warps the source."""
    return aan_keras.Reenactor(
        image_size=64,
        width=4,
        num_residual_blocks=1,
        statistics="instance",
        spectral_norm=False,
        flow_prior="tps",
        warp_theta=True,
        output="residual",
    )


def test_source_is_encoded_once_and_each_frame_driven_alone(portrait):
    reenactor = Recorder()
    reenactment = Reenactment(reenactor, PORTRAIT, MOTION, relative=True)
    frames = reenactment.frames()
    assert (reenactor.encoded, reenactor.driven) == (0, 0)
    first = next(frames)
    assert (reenactor.encoded, reenactor.driven) == (1, 1)
    others = list(frames)
    assert (reenactor.encoded, reenactor.driven) == (1, len(reenactment))
    assert len(others) == len(reenactment) - 1
    source, landmarks = reenactor.sources[0]
    assert source.shape == (1, 64, 64, 3)
    np.testing.assert_allclose(
        source[0], reenactment.source_image / 127.5 - 1, atol=1e-6
    )
    np.testing.assert_array_equal(landmarks[0], reenactment.source_landmarks)
    np.testing.assert_array_equal(
        np.concatenate(reenactor.landmarks), reenactment.landmarks
    )
    assert first.shape == (64, 64, 3) and first.dtype == np.uint8
    expected = np.clip(reenactment.source_image / 127.5 - 1 + 0.25, -1, 1)
    np.testing.assert_array_equal(first, np.round((expected + 1) * 127.5))


def test_frames_are_those_of_the_model_itself(portrait):
    """Warped as one operation, and within a level of what the layers compute."""
    reenactor = aan_keras.Reenactor.from_preset("aan_128")
    track = LandmarkTrack(LandmarkTrack.load(MOTION).landmarks[::50])
    made = Reenactment(reenactor, PORTRAIT, track, relative=True)
    clip = made.source_image, made.source_landmarks, made.landmarks
    frames = np.stack([image for image, *_ in driven_frames(reenactor, *clip)])
    count = len(made)
    images = reenactor(
        {
            "source": np.repeat(
                made.source_image[None] / np.float32(127.5) - 1, count, 0
            ),
            "source_landmarks": np.repeat(made.source_landmarks[None], count, 0),
            "driving_landmarks": made.landmarks,
        },
        training=False,
    )
    wanted = np.round((np.asarray(images) + 1) * 127.5)
    assert np.abs(frames - wanted).max() <= 1
    assert np.mean(frames != wanted) < 0.002


def test_crop_and_landmarks_fit_together(portrait, landmarker):
    """Landmarks found in the crop are those that the network is told."""
    reenactor = Recorder()
    reenactor.image_size = 256
    reenactment = Reenactment(reenactor, portrait, MOTION, landmarker=landmarker)
    (found,) = landmarker(reenactment.source_image)
    error = np.abs(found.landmarks - reenactment.source_landmarks).mean()
    assert error < 0.01 * 256
    (face,) = landmarker(portrait)
    crop = FaceCrop.around(face.box, portrait.shape)
    np.testing.assert_array_equal(reenactment.source_image, crop.cut(portrait, 256))


def test_face_moves_as_the_driving_landmarks_say(tiny, portrait, landmarker):
    """dlib, asked where the face is in the output, against what drove it."""
    (face,) = landmarker(portrait)
    track = LandmarkTrack(LandmarkTrack.load(MOTION).landmarks[::15])
    made = Reenactment(
        tiny, portrait, track, relative=True, source_landmarks=face.landmarks
    )
    frames = list(made.frames())
    assert len(frames) == len(track)
    size = 64
    for frame, wanted in zip(frames, made.landmarks):
        large = cv2.resize(frame, (256, 256), interpolation=cv2.INTER_CUBIC)
        found = landmarker.follow(large, Face(wanted * 4 + 1.5))
        assert found is not None
        points = (found.landmarks - 1.5) / 4
        assert np.linalg.norm(points - wanted, axis=-1).mean() < 0.025 * size


def test_source_landmarks_drive_the_source_itself(tiny, portrait, landmarker):
    made = Reenactment(tiny, portrait, portrait, landmarker=landmarker)
    (frame,) = made.frames()
    difference = frame.astype(float) - made.source_image
    assert np.abs(difference).mean() < 2


def test_reenact_is_the_same_as_reenactment(portrait, landmarker):
    options = {"relative": True, "landmarker": landmarker}
    frames = list(aan_keras.reenact(Recorder(), portrait, MOTION, **options))
    expected = list(Reenactment(Recorder(), portrait, MOTION, **options).frames())
    np.testing.assert_array_equal(frames, expected)


def test_graph_is_traced_once_a_model_and_forgotten_with_it(portrait, landmarker):
    class Tracing:
        image_size = 64
        traced = 0

        def encode_source(self, source, source_landmarks):
            return {"source": source}

        def drive(self, code, driving_landmarks):
            self.traced += 1
            return code["source"]

    reenactor = Tracing()
    track = LandmarkTrack(LandmarkTrack.load(MOTION).landmarks[:3])
    for _ in range(2):
        list(aan_keras.reenact(reenactor, portrait, track, landmarker=landmarker))
    assert reenactor.traced == 1
    # Training with moving averages changes which variables are read.
    reenactor.averages = [object()]
    list(aan_keras.reenact(reenactor, portrait, track, landmarker=landmarker))
    assert reenactor.traced == 2
    alive = weakref.ref(reenactor)
    del reenactor
    gc.collect()
    assert alive() is None
