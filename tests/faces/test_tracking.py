"""Tests of `FaceTracker` and `track_video`."""

import numpy as np
import pytest

from aan_keras.faces import Face, FaceTracker, InputError, VideoReader, track_video


class Counting:
    """A landmarker that says how often it searched and how often it followed."""

    def __init__(self, landmarker):
        self.landmarker = landmarker
        self.searched = self.followed = 0

    def __call__(self, image):
        self.searched += 1
        return self.landmarker(image)

    def follow(self, image, face):
        self.followed += 1
        return self.landmarker.follow(image, face)


def shape(x=100.0, y=100.0, size=40.0):
    """Landmarks in a box of a given place and size."""
    grid = np.random.default_rng(0).uniform(-0.5, 0.5, (68, 2)) * size
    return grid + [x, y]


def test_motion_of_the_head_is_in_the_track(moved, landmarker):
    turns = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    path = np.stack([20 * np.sin(turns), 12 * np.cos(turns)], -1)
    counting = Counting(landmarker)
    track = track_video((moved(*shift) for shift in path), counting, fps=25)
    assert (counting.searched, counting.followed) == (1, 23)
    points = track.crop.to_image(track.landmarks, track.crop_size)
    found = points.mean(1) - points.mean((0, 1))
    np.testing.assert_allclose(found, path - path.mean(0), atol=1.0)
    # One crop for the clip, 2.1 times the face.
    face = landmarker(moved(*path[0]))[0]
    assert track.crop.side == pytest.approx(2.1 * face.width, rel=0.06)


def test_roll_and_size_are_in_the_track(moved, landmarker):
    images = [moved(roll=roll, scale=1 + roll / 60) for roll in np.arange(-12, 13, 2)]
    points = track_video(images, landmarker).landmarks.astype("float64")
    eyes = points[:, 42:48].mean(1) - points[:, 36:42].mean(1)
    roll = -np.degrees(np.arctan2(eyes[:, 1], eyes[:, 0]))
    np.testing.assert_allclose(roll - roll[6], np.arange(-12, 13, 2), atol=1.5)
    distance = np.hypot(*eyes.T)
    np.testing.assert_allclose(
        distance / distance[6], 1 + np.arange(-12, 13, 2) / 60, rtol=0.04
    )


def test_short_gap_is_held_and_told(moved, blank, landmarker):
    images = [moved(i) for i in range(5)] + [blank] * 6 + [moved(11), moved(12)]
    told = []
    track = track_video(images, landmarker, fps=25, report=told.append, name="a.mp4")
    assert told == ["a.mp4: no face in frames 5-10: kept the last landmarks"]
    np.testing.assert_array_equal(track.frame_index, range(13))
    for t in range(5, 11):
        np.testing.assert_array_equal(track.landmarks[t], track.landmarks[4])
    assert track.dropped == ()
    shift = (track.landmarks[11] - track.landmarks[4]).mean(0)
    scale = track.crop_size / track.crop.side
    np.testing.assert_allclose(shift, [7 * scale, 0], atol=1.0)


def test_long_gap_is_left_out_and_told(moved, blank, landmarker):
    """Half a second is 5 frames at 10 frames/s."""
    images = [moved()] * 2 + [blank] * 8 + [moved()] * 2 + [blank]
    told = []
    track = track_video(images, landmarker, fps=10, report=told.append, name="a.mp4")
    assert told == [
        "a.mp4: no face in frames 2-6, 12: kept the last landmarks",
        "a.mp4: no face in frames 7-9: left out",
    ]
    np.testing.assert_array_equal(track.frame_index, [*range(7), 10, 11, 12])
    assert track.dropped == (7, 8, 9)


def test_face_that_comes_later(moved, blank, landmarker):
    track = track_video([blank] * 3 + [moved()] * 3, landmarker)
    np.testing.assert_array_equal(track.frame_index, [3, 4, 5])
    assert track.dropped == (0, 1, 2)


def test_no_face_at_all(blank, landmarker):
    with pytest.raises(InputError, match="no face found in a.mp4: use"):
        track_video([blank] * 3, landmarker, name="a.mp4")
    with pytest.raises(InputError, match="the driving clip has no frames"):
        track_video([], landmarker)


def test_clip_from_a_file(moved, write_clip, landmarker):
    path = write_clip([moved(i) for i in range(8)], fps=30)
    track = track_video(VideoReader(path), landmarker)
    assert (len(track), track.fps, track.name) == (8, 30, "clip.mp4")


def test_progress_sees_every_frame(moved):
    seen = []

    def progress(frames, total, what):
        seen.append((total, what))
        return frames

    track_video(
        [np.zeros((64, 64, 3), "uint8")], lambda image: [shape()], progress=progress
    )
    assert seen == [(None, "tracking")]


def test_any_callable_is_a_landmarker():
    """Arrays instead of `Face`, no `follow`: the nearest of the found is followed."""
    blank = np.zeros((256, 256, 3), "uint8")
    sizes = iter([(40, 30), (41, 60), (42, 60)])

    def landmarker(image):
        ours, other = next(sizes)
        return [shape(60, 60, ours), shape(190, 190, other)]

    tracker = FaceTracker(landmarker)
    places = [tracker.update(blank).centre[0] for _ in range(3)]
    # It began with the larger one, and stays with it when the other one grows.
    assert max(places) < 90


def test_number_of_the_face_is_for_the_first_frame():
    def landmarker(image):
        return np.stack([shape(60, 60, 40), shape(190, 190, 60)])

    blank = np.zeros((256, 256, 3), "uint8")
    told = []
    track = track_video([blank] * 2, landmarker, face=2, report=told.append)
    points = track.crop.to_image(track.landmarks, track.crop_size)
    assert points.mean() < 90
    assert len(told) == 1 and told[0].startswith(
        "2 faces in the driving clip: using face 2"
    )
    with pytest.raises(InputError, match="there is no face 3 in the driving clip"):
        track_video([blank] * 2, landmarker, face=3)


def test_bad_landmarker_is_told():
    with pytest.raises(ValueError, match="68 finite landmarks"):
        FaceTracker(lambda image: [np.zeros((5, 2))]).update(
            np.zeros((8, 8, 3), "uint8")
        )


def test_face_is_gone_for_good_after_the_gap():
    results = iter([[Face(shape())], [], [], [], []])
    tracker = FaceTracker(lambda image: next(results), max_gap=2)
    found = [tracker.update(np.zeros((8, 8, 3), "uint8")) for _ in range(5)]
    assert [face is not None for face in found] == [True, True, True, False, False]
