import numpy as np
import pytest

from aan_keras.demo import MOTION
from aan_keras.faces import LandmarkTrack
from aan_keras.faces.landmark_smoothing import smooth_track

# Upper and lower lid points of both eyes, which meet in a blink.
_LIDS = ((37, 41), (38, 40), (43, 47), (44, 46))


def still(frames, scale=1.0):
    landmarks = LandmarkTrack.load(MOTION).landmarks[0]
    return np.repeat(landmarks[None] * np.float32(scale), frames, 0)


def opening(landmarks):
    return np.mean([landmarks[:, b, 1] - landmarks[:, a, 1] for a, b in _LIDS], axis=0)


def crossing(values, level, frames):
    """When `values` first cross `level` among `frames`, between two of them."""
    for t in frames:
        before, after = values[t] - level, values[t + 1] - level
        if before * after <= 0 and before != after:
            return t + before / (before - after)
    raise AssertionError("never crossed")


@pytest.mark.parametrize("fps", [25, 30])
@pytest.mark.parametrize("scale", [0.5, 1.0])
def test_jitter_of_a_still_face_is_halved(fps, scale):
    """Noise of half a pixel in a crop of 128 pixels, whatever the track's size."""
    rng = np.random.default_rng(0)
    noise = rng.normal(scale=0.5 * scale * 256 / 128, size=(100, 68, 2))
    track = LandmarkTrack(still(100, scale) + noise, int(256 * scale), fps)
    changes = [
        np.abs(np.diff(t.landmarks[10:], axis=0)).mean()
        for t in (track, smooth_track(track))
    ]
    assert changes[1] < 0.45 * changes[0]


@pytest.mark.parametrize("fps", [25, 30])
def test_a_blink_is_at_most_one_frame_late(fps):
    """Shut within 100 ms, closed for 50, open after 150 more."""
    seconds = np.arange(60) / fps
    shut = np.interp(seconds, [1, 1.1, 1.15, 1.3], [0, 0.9, 0.9, 0])
    landmarks = still(60)
    for upper, lower in _LIDS:
        way = landmarks[:, lower] - landmarks[:, upper]
        landmarks[:, upper] += shut[:, None] * way
    track = LandmarkTrack(landmarks, fps=fps)
    plain, smooth = (opening(t.landmarks) for t in (track, smooth_track(track)))
    half = (plain.max() + plain.min()) / 2
    assert abs(int(smooth.argmin()) - int(plain.argmin())) <= 1
    for frames in (range(fps - 1, 59), range(int(smooth.argmin()), 59)):
        late = crossing(smooth, half, frames) - crossing(plain, half, frames)
        assert 0 <= late <= 1
    assert plain.max() - smooth.min() > 0.85 * (plain.max() - plain.min())


def test_real_motion_is_followed():
    """Of the bundled clip: steadier, and nowhere far from where it was."""
    track = LandmarkTrack.load(MOTION)
    smooth = smooth_track(track)
    jerk = [np.abs(np.diff(t.landmarks, 2, axis=0)).mean() for t in (track, smooth)]
    assert jerk[1] < 0.8 * jerk[0]
    distance = np.linalg.norm(smooth.landmarks - track.landmarks, axis=-1)
    assert distance.mean() < 0.005 * 256 and distance.max() < 0.03 * 256


def test_later_frames_do_not_matter_and_gaps_do():
    track = LandmarkTrack.load(MOTION)
    whole = smooth_track(track).landmarks
    part = LandmarkTrack(track.landmarks[:40], fps=track.fps)
    np.testing.assert_array_equal(smooth_track(part).landmarks, whole[:40])
    index = np.r_[0:20, 60:80]
    gap = LandmarkTrack(track.landmarks[:40], fps=track.fps, frame_index=index)
    found = smooth_track(gap)
    np.testing.assert_array_equal(found.frame_index, index)
    # After a second and a third the old place hardly counts.
    off = np.abs(found.landmarks[20] - track.landmarks[20]).max()
    assert 0 < off < np.abs(whole[20] - track.landmarks[20]).max()
