"""H.264 video files with the sound of another clip."""

import contextlib
import fractions
import pathlib

import numpy as np

from aan_keras.faces.audio_copier import AudioCopier
from aan_keras.faces.input_error import InputError
from aan_keras.faces.output_file import output_file

VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv")
# What FFmpeg makes of RGB, in the numbers of H.273: the matrix of BT.601, 16 to 235.
# Players would take HD video that doesn't say so for BT.709, which the rest is.
_COLOURS = {"colorspace": 6, "color_range": 1, "color_primaries": 1, "color_trc": 1}


class VideoWriter:
    """Writes frames as H.264 (yuv420p), one at a time.

    A context manager: the file appears at its path when the block ends without an
    error; an error or an interrupt leaves nothing behind.

    Args:
        path: file to write; `.mp4`, `.m4v`, `.mov` or `.mkv`.
        fps: frames per second.
        audio_from: path of a clip whose sound is kept, or None. It is copied as it is
            where the file's kind allows that, else encoded as AAC, and ends with the
            picture.
        audio_start: where in that clip the sound begins, in seconds.

    Example:

    >>> with VideoWriter("out.mp4", fps=25) as video:
    ...     for image in images:
    ...         video.write(image)  # uint8 [height, width, 3], RGB
    """

    def __init__(self, path, fps, audio_from=None, audio_start=0):
        self.path = pathlib.Path(path)
        if self.path.suffix.lower() not in VIDEO_SUFFIXES:
            raise InputError(f"cannot write {self.path}: use a name that ends in .mp4")
        self.fps = fractions.Fraction(fps).limit_denominator(1001)
        self.audio_from, self.audio_start = audio_from, audio_start
        self.num_frames = 0
        self._stack = contextlib.ExitStack()
        self._container = self._stream = self._audio = None

    def __enter__(self):
        import av

        with self._stack:
            beside = self._stack.enter_context(output_file(self.path))
            # Absolute: FFmpeg takes what is before a colon for a protocol.
            beside = str(beside.absolute())
            self._container = self._stack.enter_context(av.open(beside, "w"))
            self._stack = self._stack.pop_all()
        return self

    def write(self, image, index=None):
        """Adds a frame.

        Args:
            image: uint8 `[H, W, 3]`, RGB, every time of the same size. Odd sides are
                made even by repeating the last column or row.
            index: place of the frame at `fps`, larger than the last one's; the frame
                before stays on in between. None: the next one. The first is at 0.
        """
        import av

        image = np.pad(
            image, ((0, image.shape[0] % 2), (0, image.shape[1] % 2), (0, 0)), "edge"
        )
        if self._stream is None:
            self._start(*image.shape[:2])
        if index is None or not self.num_frames:
            index = self.num_frames
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
        frame.pts, frame.time_base = index, 1 / self.fps
        self._container.mux(self._stream.encode(frame))
        self.num_frames = index + 1
        if self._audio is not None:
            self._audio.copy_until(self.num_frames / self.fps)

    def __exit__(self, kind, error, trace):
        if kind is not None:
            return self._stack.__exit__(kind, error, trace)
        with self._stack:
            if self._stream is None:
                raise InputError(f"there are no frames to write to {self.path}")
            self._container.mux(self._stream.encode())

    def _start(self, height, width):
        stream = self._container.add_stream("libx264", rate=self.fps)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = 1 / self.fps
        for name, value in _COLOURS.items():
            setattr(stream.codec_context, name, value)
        # The same file from the same frames, whatever the number of cores.
        stream.codec_context.thread_count = 1
        # And whatever lies in memory around the frames: with AVX-512, the step of x264
        # that is switched off here gives another file in one of seven runs.
        stream.options = {"crf": "18", "preset": "fast", "x264-params": "mbtree=0"}
        self._stream = stream
        if self.audio_from is not None:
            self._audio = AudioCopier(
                self.audio_from, self._container, self.audio_start
            )
            self._stack.callback(self._audio.close)
