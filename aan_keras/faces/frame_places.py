"""Where frames belong at a constant rate."""

# The average of a clip that lacks frames is below the rate at which the others come; by
# less, times are only rounded, by more, the rate is FFmpeg's guess at a variable one.
_LACKING = (1.002, 1.5)


def frame_rate(stream):
    """Frames per second of a video, as a fraction; None where they aren't known.

    Args:
        stream: picture of a PyAV container.
    """
    average, usual = stream.average_rate, stream.guessed_rate
    if average and usual and _LACKING[0] < usual / average < _LACKING[1]:
        return usual
    return average or usual


class FramePlaces:
    """Gives each frame of a clip its place at a constant rate, by its time.

    Frames of a clip with a variable rate keep their times, to the nearest frame, so
    that the sound stays with the picture: places are left empty where frames come
    slower than the rate, and frames are left out where they come faster.

    Args:
        fps: frames per second of the places.

    Example:

    >>> places = FramePlaces(fps=10)
    >>> [places.next(time) for time in (5, 5.1, 5.12, 5.2, 5.4)]
    [0, 1, None, 2, 4]
    """

    # In frames. Times are rounded, to milliseconds in Matroska, and the first frame may
    # be half a frame off the others: then a frame's nearest place is now taken, now
    # empty, though no frame comes too fast. So a frame may be this early for its place.
    _MOST_EARLY = 0.75

    def __init__(self, fps):
        self._fps = fps
        self._origin = self._before = None
        self._last = -1

    def next(self, time):
        """Place of the next frame; None: there is none, leave the frame out.

        Args:
            time: seconds, of any beginning; None: unknown.
        """
        place = self._last + 1
        if time is not None:
            if self._before is None or time < self._before:
                # The first frame; or a clock that begins anew, as in joined streams.
                self._origin = time - float(place / self._fps)
            self._before = time
            moment = (time - self._origin) * float(self._fps)
            place = max(place, round(moment))
            if place - moment > self._MOST_EARLY:
                return None
        self._last = place
        return place
