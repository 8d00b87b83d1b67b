"""Which part of a clip is used, and how many frames a second are made of it."""

import dataclasses
import fractions
import math

import numpy as np

from aan_keras.faces.input_error import InputError
from aan_keras.faces.landmark_track import LandmarkTrack

_FASTEST = 240


@dataclasses.dataclass(frozen=True)
class ClipRange:
    """A part of a clip.

    Args:
        start: seconds from the clip's beginning.
        end: seconds from the clip's beginning; None: to its end.
        max_frames: how many frames are made at most; None: as many as there are.
        fps: frames a second that are made; None: the clip's own.

    Example:

    >>> part = ClipRange(start=2, end=4, fps=10)
    >>> part.frames(fps=25)  # of a clip with 25 frames a second
    (50, 100)
    """

    start: float = 0.0
    end: float = None
    max_frames: int = None
    fps: float = None

    def __post_init__(self):
        if not 0 <= self.start < math.inf:
            raise InputError(f"the start is {self.start} s: give 0 or more seconds")
        if self.end is not None and not self.start < self.end:
            raise InputError(
                f"the end, {self.end} s, is not after the start, {self.start} s"
            )
        if self.max_frames is not None and self.max_frames < 1:
            raise InputError(f"max_frames is {self.max_frames}: give 1 or more")
        if self.fps is not None and not 0 < self.fps <= _FASTEST:
            raise InputError(
                f"{self.fps} frames a second can't be made: give more than 0 and at "
                f"most {_FASTEST}"
            )

    def frames(self, fps):
        """First frame of the part, and the frame after its last one or None.

        Args:
            fps: frames a second of the clip.
        """
        fps = fractions.Fraction(fps).limit_denominator(1001)
        first = _first_at(self.start, fps)
        stop = None if self.end is None else max(_first_at(self.end, fps), first + 1)
        if self.max_frames is not None:
            last = first + math.ceil((self.max_frames - 1) * fps / self._rate(fps))
            stop = last + 1 if stop is None else min(stop, last + 1)
        return first, stop

    def cut(self, track):
        """The part of a `LandmarkTrack`; its `frame_index` still counts in the clip."""
        first, stop = self.frames(track.fps)
        index = track.frame_index
        inside = (index >= first) & (index < (math.inf if stop is None else stop))
        if not inside.any():
            seconds = float((index[-1] + 1) / track.fps)
            raise InputError(
                f"{track.name} has no face between {self.start:g} s and "
                f"{'its end' if self.end is None else f'{self.end:g} s'}: it is "
                f"{seconds:.1f} s long"
            )
        return dataclasses.replace(
            track, landmarks=track.landmarks[inside], frame_index=index[inside]
        )

    def retime(self, track):
        """The frames that are made of a part.

        At another rate than the clip's, landmarks are interpolated linearly between the
        two frames around each moment, however far apart a variable rate puts them.
        Moments beside a frame that was dropped, for want of a face, are left out.

        Args:
            track: `LandmarkTrack`, as `cut` gives it.

        Returns:
            `(made, shown)`: the `LandmarkTrack` of the frames to make, whose
            `frame_index` is 0 at the part's beginning, and int `[T]`, the clip's frame
            that is seen at each of them.
        """
        first, _ = self.frames(track.fps)
        rate = self._rate(track.fps)
        if rate == track.fps:
            index = track.frame_index - first
            return dataclasses.replace(track, frame_index=index), track.frame_index
        step = track.fps / rate
        index, dropped = track.frame_index, np.sort(track.dropped)
        count = int((int(index[-1]) - first) / step) + 1
        count = min(count, self.max_frames or count)
        landmarks, places, shown = [], [], []
        for place in range(count):
            moment = first + place * step
            row = int(np.searchsorted(index, math.floor(moment), "right")) - 1
            after = int(np.searchsorted(index, math.ceil(moment)))
            if row < 0 or np.diff(np.searchsorted(dropped, index[[row, after]])).any():
                continue
            a, b = track.landmarks[row], track.landmarks[after]
            part = (moment - int(index[row])) / max(int(index[after] - index[row]), 1)
            landmarks.append(a + np.float32(part) * (b - a))
            places.append(place)
            shown.append(index[row])
        if not places:
            raise InputError(
                f"{track.name} has no two frames with a face in a row: leave the "
                "frame rate as it is"
            )
        made = LandmarkTrack(
            np.stack(landmarks),
            crop_size=track.crop_size,
            fps=rate,
            frame_index=places,
            dropped=track.dropped,
            crop=track.crop,
            name=track.name,
        )
        return made, np.array(shown)

    def _rate(self, fps):
        if self.fps is None:
            return fps
        return fractions.Fraction(self.fps).limit_denominator(1001)


def _first_at(seconds, fps):
    """Index of the first frame that is not before `seconds`."""
    return math.ceil(seconds * float(fps) - 1e-6)
