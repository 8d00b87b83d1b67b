"""Frame by frame gives what `Reenactment` gives for the whole clip."""

import dataclasses

import numpy as np
import pytest

from aan_keras.demo import PORTRAIT
from aan_keras.faces.landmark_smoothing import smooth_track
from aan_keras.reenactment import MODES, Reenactment
from aan_keras.webdemo.live_motion import LiveMotion


@pytest.fixture(scope="module")
def short(track):
    return dataclasses.replace(
        track, landmarks=track.landmarks[:40], frame_index=track.frame_index[:40]
    )


@pytest.mark.parametrize("mode", MODES)
def test_after_calibration_it_is_what_a_clip_gives(models, short, mode):
    batch = Reenactment(
        models.reenactor, PORTRAIT, short, mode=mode, transformer=models.transformer
    )
    motion = LiveMotion(
        models,
        batch.source_image,
        batch.source_landmarks,
        mode,
        smooth=False,
        calibration_frames=len(short),
    )
    for _ in range(2):
        moved = [motion(x, t) for t, x in enumerate(short.landmarks)]
    np.testing.assert_allclose(moved, batch.landmarks, atol=2e-3)


def test_the_first_frame_already_lies_on_the_photo(models, short):
    photo = Reenactment(models.reenactor, PORTRAIT, short, mode="absolute")
    source = photo.source_landmarks
    motion = LiveMotion(models, photo.source_image, source, "relative")
    # The first frame is its own reference: the photo as it is.
    np.testing.assert_allclose(motion(short.landmarks[0], 0.0), source, atol=1e-3)


def test_recentre_makes_the_present_pose_the_photos(models, short):
    photo = Reenactment(models.reenactor, PORTRAIT, short, mode="absolute")
    motion = LiveMotion(
        models,
        photo.source_image,
        photo.source_landmarks,
        "relative",
        calibration_frames=2,
    )
    for t, landmarks in enumerate(short.landmarks):
        moved = motion(landmarks, t / 25)
    assert np.abs(moved - photo.source_landmarks).max() > 1
    motion.recentre()
    moved = motion(short.landmarks[-1] + 40, 2.0)
    np.testing.assert_allclose(moved, photo.source_landmarks, atol=1e-3)


def test_smoothing_is_that_of_clips(models, short):
    smooth = smooth_track(short)
    photo = Reenactment(models.reenactor, PORTRAIT, short, mode="absolute")
    inputs = (models, photo.source_image, photo.source_landmarks, "absolute")
    steady = LiveMotion(*inputs, smooth=True)
    plain = LiveMotion(*inputs, smooth=False)
    seconds = short.frame_index / float(short.fps)
    for t, raw, wanted in zip(seconds, short.landmarks, smooth.landmarks):
        np.testing.assert_allclose(steady(raw, t), plain(wanted, t), atol=2e-3)
