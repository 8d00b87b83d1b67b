"""Frames that stay on disk until they are asked for."""

import os
import threading
import zlib
from collections.abc import Sequence


class ShardFile:
    """Reads byte ranges of a file, from any number of threads.

    Args:
        path: the file; it is opened at the first read.
    """

    def __init__(self, path):
        self.path = path
        self._lock = threading.Lock()
        self._file = None

    def read(self, offset, length):
        """The bytes `[offset, offset + length)`; fewer where the file ends before."""
        with self._lock:
            if self._file is None:
                self._file = open(self.path, "rb", buffering=0)  # noqa: SIM115
            if not hasattr(os, "pread"):
                self._file.seek(offset)
                return self._file.read(length)
        return os.pread(self._file.fileno(), length, offset)


class ShardFrames(Sequence):
    """The encoded frames of one clip in a shard.

    `frames[i]` are the bytes of frame i, read at that moment; b"" when they are not
    what was once written there.

    Args:
        file: `ShardFile`.
        clip: `IndexedClip`.
    """

    def __init__(self, file, clip):
        self._file = file
        self._clip = clip

    def __len__(self):
        return len(self._clip.offsets)

    def __getitem__(self, index):
        clip = self._clip
        data = self._file.read(int(clip.offsets[index]), int(clip.lengths[index]))
        return data if zlib.crc32(data) == clip.checksums[index] else b""
