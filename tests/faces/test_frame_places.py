import numpy as np
import pytest

from aan_keras.faces.frame_places import FramePlaces


def places(times, fps=25):
    given = FramePlaces(fps)
    return [given.next(time) for time in times]


def test_slow_frames_leave_places_empty_and_fast_ones_are_left_out():
    assert places([5, 5.04, 5.2, 5.21, 5.25, 5.28]) == [0, 1, 5, None, 6, 7]


def test_nothing_is_left_out_for_jitter():
    """Also where the first frame is half a frame away from the others' times."""
    generator = np.random.default_rng(0)
    for first in (0.0, 0.5, -0.5):
        times = np.arange(500) + generator.uniform(-0.1, 0.1, 500)
        times[0] = first
        given = places(times / 30, 30)
        assert None not in given
        assert np.abs(np.array(given) - (times - first)).max() <= 0.75


def test_frames_without_times_follow_each_other():
    assert places([None] * 3) == [0, 1, 2]


@pytest.mark.parametrize("again", [0, 5])
def test_a_clock_that_begins_anew(again):
    times = [10, 10.04, 10.08, again, again + 0.04, again + 0.08]
    assert places(times) == list(range(6))
