import fractions

import numpy as np
import pytest

from aan_keras.faces import ClipRange, InputError, LandmarkTrack


def line(frames, fps=25, **kwargs):
    """Landmarks that are all at (t, -t) in frame t."""
    t = np.arange(frames, dtype="float32")[:, None, None]
    return LandmarkTrack(np.tile(t * [1, -1], (1, 68, 1)), fps=fps, **kwargs)


@pytest.mark.parametrize(
    ("part", "fps", "expected"),
    [
        ({}, 25, (0, None)),
        ({"start": 2, "end": 4}, 25, (50, 100)),
        ({"start": 0.01}, 25, (1, None)),
        ({"start": 0.04, "end": 0.05}, 25, (1, 2)),
        ({"end": 0.001}, 25, (0, 1)),
        ({"start": 1}, fractions.Fraction(30000, 1001), (30, None)),
        ({"max_frames": 1}, 25, (0, 1)),
        ({"start": 1, "max_frames": 10}, 25, (25, 35)),
        ({"start": 1, "end": 1.2, "max_frames": 10}, 25, (25, 30)),
        ({"max_frames": 11, "fps": 10}, 25, (0, 26)),
        ({"max_frames": 11, "fps": 50}, 25, (0, 6)),
    ],
)
def test_frames(part, fps, expected):
    assert ClipRange(**part).frames(fps) == expected


def test_cut_keeps_the_places_in_the_clip():
    track = line(10, frame_index=[0, 1, 2, 3, 8, 9, 10, 11, 12, 20])
    cut = ClipRange(start=0.1, end=0.4).cut(track)
    assert cut.frame_index.tolist() == [3, 8, 9]
    np.testing.assert_array_equal(cut.landmarks[:, 0, 0], [3, 4, 5])
    with pytest.raises(
        InputError, match="no face between 2 s and its end: it is 0.8 s"
    ):
        ClipRange(start=2).cut(track)


def test_own_rate_makes_every_frame():
    part = ClipRange(start=0.2)
    made, shown = part.retime(part.cut(line(10, frame_index=[*range(7), 8, 9, 10])))
    assert made.frame_index.tolist() == [0, 1, 3, 4, 5]
    assert shown.tolist() == [5, 6, 8, 9, 10]
    np.testing.assert_array_equal(made.landmarks[:, 0, 0], [5, 6, 7, 8, 9])


@pytest.mark.parametrize("fps", [10, 12.5, 23.976, 25, 40, 60])
@pytest.mark.parametrize("start", [0, 0.4])
def test_other_rate_is_interpolated(fps, start):
    part = ClipRange(start=start, fps=fps)
    made, shown = part.retime(part.cut(line(30)))
    assert float(made.fps) == pytest.approx(fps, rel=1e-4)
    rate = float(made.fps)
    assert len(made) == int((29 - 25 * start) / 25 * rate + 1e-6) + 1
    moments = 25 * (start + np.arange(len(made)) / rate)
    np.testing.assert_array_equal(made.frame_index, np.arange(len(made)))
    np.testing.assert_allclose(made.landmarks[:, 5, 0], moments, atol=1e-4)
    np.testing.assert_allclose(made.landmarks[:, 5, 1], -moments, atol=1e-4)
    np.testing.assert_array_equal(shown, np.floor(moments + 1e-6))


def test_nothing_is_made_inside_a_gap():
    track = line(6, frame_index=[0, 1, 2, 8, 9, 10], dropped=range(3, 8))
    made, shown = ClipRange(fps=50).retime(track)
    assert made.frame_index.tolist() == [0, 1, 2, 3, 4, 16, 17, 18, 19, 20]
    assert shown.tolist() == [0, 0, 1, 1, 2, 8, 8, 9, 9, 10]
    lonely = line(2, frame_index=[1, 3], dropped=[2])
    with pytest.raises(InputError, match="no two frames with a face in a row"):
        ClipRange(fps=24).retime(lonely)


@pytest.mark.parametrize("fps", [10, 15, 60])
def test_empty_places_of_a_variable_rate_are_no_gap(fps):
    """Frames come at every second place, then at each."""
    index = np.array([*range(0, 20, 2), *range(20, 31)])
    landmarks = np.tile(index[:, None, None].astype("float32"), (1, 68, 2))
    track = LandmarkTrack(landmarks, fps=30, frame_index=index)
    made, shown = ClipRange(fps=fps).retime(track)
    assert made.frame_index.tolist() == list(range(fps + 1))
    moments = np.arange(fps + 1) * 30 / fps
    np.testing.assert_allclose(made.landmarks[:, 5, 0], moments, atol=1e-4)
    assert set(shown) <= set(index) and (moments - shown < 2).all()


@pytest.mark.parametrize("fps", [None, 10, 60])
def test_max_frames(fps):
    part = ClipRange(start=0.2, max_frames=7, fps=fps)
    made, _ = part.retime(part.cut(line(100)))
    assert len(made) == 7


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({"start": -1}, "the start is -1 s"),
        ({"start": float("nan")}, "the start is nan s"),
        ({"start": 2, "end": 2}, "the end, 2 s, is not after the start, 2 s"),
        ({"max_frames": 0}, "max_frames is 0"),
        ({"fps": 0}, "0 frames a second can't be made"),
        ({"fps": 1000}, "1000 frames a second can't be made"),
    ],
)
def test_wrong_ranges(part, message):
    with pytest.raises(InputError, match=message):
        ClipRange(**part)
