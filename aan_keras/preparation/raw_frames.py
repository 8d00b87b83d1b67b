"""The frames of a raw clip, whatever it is made of."""

import numpy as np

from aan_keras.faces.input_error import InputError
from aan_keras.faces.photo import PHOTO_SUFFIXES, read_photo
from aan_keras.faces.video_reader import VideoReader

# 64 frames of 1280 x 720 fit; a longer or larger clip is decoded twice.
_HELD_BYTES = 200_000_000


class RawFrames:
    """Streams the frames of a `RawClip`, at most `max_frames` evenly over its length.

    Iterating yields `(number, image)`: the frame's place in the clip, and uint8 RGB
    `[H, W, 3]`, or None for a frame or photo whose file cannot be read. It can be
    iterated more than once: frames that need no more than 200 MB together stay in
    memory for the second time, others are read anew.

    Args:
        clip: `RawClip`.
        max_frames: most frames to read.

    Attributes:
        numbers: increasing integers, places of the frames that are read.
    """

    def __init__(self, clip, max_frames):
        if clip.kind == "video":
            # Clips are prepared side by side: a decoder with as many threads as there
            # are processors would only hold more memory.
            self._video = VideoReader(clip.path, threads=1)
            count = self._video.count_frames()
        else:
            self._video = None
            self._files = sorted(
                f for f in clip.path.iterdir() if f.suffix.lower() in PHOTO_SUFFIXES
            )
            count = len(self._files)
        if not count:
            raise InputError(f"{clip.path} has no frames")
        places = np.linspace(0, count - 1, min(count, max_frames))
        self.numbers = np.round(places).astype(int).tolist()
        self._held = None

    def __iter__(self):
        if self._held is not None:
            yield from self._held
            return
        held, size = [], 0
        for number, image in self._read():
            size += 0 if image is None else image.nbytes
            if size <= _HELD_BYTES:
                held.append((number, image))
            else:
                held.clear()
            yield number, image
        if size <= _HELD_BYTES:
            self._held = held

    def _read(self):
        if self._video is not None:
            yield from self._video.select(self.numbers)
            return
        for number in self.numbers:
            try:
                image = read_photo(self._files[number])
            except InputError:
                image = None
            yield number, image
