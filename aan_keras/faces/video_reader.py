"""Video frames, one at a time."""

import contextlib
import functools
import pathlib

import numpy as np

from aan_keras.faces.frame_places import FramePlaces, frame_rate
from aan_keras.faces.input_error import InputError
from aan_keras.faces.stated_length import about_frames, stated_end, stated_frames

# Less is not seen and not worth resampling for; no film or tape has more than 2, and
# what a damaged file says would fill the memory.
_LEAST_STRETCH, _MOST_STRETCH = 1.01, 8


class VideoReader:
    """Streams the frames of a video file; memory doesn't grow with its length.

    Iterating opens the file anew, so a clip can be read more than once.

    Args:
        path: a file that FFmpeg can read.
        threads: of the decoder, each with frames of its own in memory; None: FFmpeg's
            choice, which grows with the number of processors.

    Attributes:
        fps: `fractions.Fraction`, frames per second.
        num_frames: how many frames the file says it has, or about how many where it
            only says how long it is; None when it says neither.
        size: `(width, height)` as it is meant to be seen: turned, with square pixels. A
            frame is decoded when it is first asked for.
        has_audio: whether there is sound.

    Example:

    >>> video = VideoReader("clip.mp4")
    >>> for index, image in video:
    ...     print(index, image.shape)  # uint8 [height, width, 3]
    """

    def __init__(self, path, threads=None):
        self.path = pathlib.Path(path)
        self._threads = threads
        with self._open() as (container, stream):
            self.fps = frame_rate(stream)
            if not self.fps:
                raise self._error("has no frame rate")
            self.has_audio = bool(container.streams.audio)
            self._frames = stated_frames(container, stream)
            self._end = stated_end(container, stream)
            self.num_frames = self._frames or about_frames(container, stream, self.fps)

    @functools.cached_property
    def size(self):
        """`(width, height)` of the images."""
        # How a clip is turned is known of its frames only.
        _, image = next(iter(self))
        return image.shape[1], image.shape[0]

    def __iter__(self):
        """Yields `(index, image)`: index is the frame's place at a constant `fps`."""
        yield from self.between()

    def between(self, first=0, stop=None):
        """Yields `(index, image)` of the frames from `first` on, before `stop`.

        Frames that come faster than `fps` are left out, see `FramePlaces`.

        Args:
            first: index of a frame; earlier ones are decoded, not converted to RGB.
            stop: index at which reading ends; None: at the clip's end.
        """

        def is_wanted(_, index):
            return index is not None and index >= first

        for _, index, image in self._decode(is_wanted, stop):
            yield index, image

    def select(self, numbers):
        """Yields `(number, image)` of some frames, in order.

        The others are decoded, since later frames build on them, but not converted to
        RGB, which takes longer than decoding a small frame.

        Args:
            numbers: which frames, counted from 0 as the file holds them.
        """
        numbers = {int(number) for number in numbers}
        for number, _, image in self._decode(lambda number, _: number in numbers):
            yield number, image

    def count_frames(self):
        """How many frames the file says it has, or else a count of its packets."""
        import av

        if self._frames:
            return self._frames
        with self._open() as (container, stream):
            try:
                return sum(packet.size > 0 for packet in container.demux(stream))
            except av.error.FFmpegError:
                raise self._error("is cut off or damaged") from None

    def _decode(self, is_wanted, stop=None):
        import av

        count, end, places = 0, None, FramePlaces(self.fps)
        with self._open() as (container, stream):
            ratio = stream.sample_aspect_ratio
            try:
                for frame in container.decode(stream):
                    count, end = count + 1, self._end_of(frame)
                    index = places.next(frame.time)
                    if None not in (index, stop) and index >= stop:
                        return
                    if is_wanted(count - 1, index):
                        yield count - 1, index, _as_seen(frame, ratio)
            except av.error.FFmpegError:
                raise self._truncated(count) from None
        if self._is_cut_off(count, end):
            raise self._truncated(count)
        if not count:
            raise self._error("has no frames")

    def _end_of(self, frame):
        """When a frame ends, in seconds; None where it has no time."""
        if frame.time is None:
            return None
        shown = frame.duration * frame.time_base if frame.duration else 1 / self.fps
        return frame.time + float(shown)

    def _is_cut_off(self, count, end):
        # Container indices may be off by a frame or two without anything being lost.
        if self._frames:
            return count < self._frames - max(2, 0.02 * self._frames)
        if self._end and end is not None:
            return end < self._end - max(2 / float(self.fps), 0.02 * self._end)
        return False

    @contextlib.contextmanager
    def _open(self):
        import av

        if not self.path.is_file():
            raise InputError(f"cannot read {self.path}: no such file: check the path")
        if not self.path.stat().st_size:
            raise self._error("is empty (0 bytes)")
        try:
            # Absolute: FFmpeg takes what is before a colon for a protocol.
            container = av.open(str(self.path.absolute()))
        except (av.error.FFmpegError, OSError):
            raise self._error(
                "is not a video that can be read, or is cut off"
            ) from None
        with container:
            if not container.streams.video:
                raise self._error("has no picture, only sound")
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            if self._threads is not None:
                stream.codec_context.thread_count = self._threads
            yield container, stream

    def _truncated(self, count):
        of = f" of {self._frames}" if self._frames else ""
        return InputError(
            f"{self.path} is cut off or damaged after frame {count}{of} "
            f"({float(count / self.fps):.1f} s): copy the clip again, or trim it there"
        )

    def _error(self, what):
        return InputError(f"{self.path} {what}: use an MP4 or other video file")


def _as_seen(frame, ratio):
    """uint8 RGB `[H, W, 3]`, stretched and turned as the file says.

    Args:
        frame: of PyAV.
        ratio: width of a pixel over its height; None or 0: unknown.
    """
    stretch = max(ratio, 1 / ratio) if ratio else 1
    counts = _LEAST_STRETCH <= stretch <= _MOST_STRETCH
    width = round(frame.width * ratio) if counts else frame.width
    image = frame.to_ndarray(format="rgb24", width=width)
    turns = round(getattr(frame, "rotation", 0) / 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image
