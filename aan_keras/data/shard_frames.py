"""Frames that stay on disk until they are asked for."""

import collections
import os
import threading
import weakref
import zlib
from collections.abc import Sequence
from pathlib import Path

# Of all shards of a process together; many systems allow it 1024 files, some 256.
_MOST_OPEN = 64
# Weak references to the `ShardFile`s that keep a file open, the oldest first.
_keepers = collections.deque()
_keepers_lock = threading.Lock()


class ShardFile:
    """Reads byte ranges of a file, from any number of threads.

    The file is opened at the first read. At most 64 stay open in a process, whatever
    the number of `ShardFile`s: the one opened first is closed, and opened again when it
    is read again. A `ShardFile` can be pickled, for other processes.

    Args:
        path: the file; where the process goes later does not matter.
    """

    def __init__(self, path):
        self.path = Path(path).absolute()
        self._file = None

    def __reduce__(self):
        return type(self), (self.path,)

    def read(self, offset, length):
        """The bytes `[offset, offset + length)`; fewer where the file ends before."""
        # Held by this name, it stays open until the read is over.
        file = self._file or self._open()
        return file.read(offset, length)

    def _open(self):
        file = _OpenFile(open(self.path, "rb", buffering=0))  # noqa: SIM115
        with _keepers_lock:
            # Another thread may have been faster: then this one is for one read.
            if self._file is None:
                self._file = file
                _keepers.append(weakref.ref(self))
            while len(_keepers) > _MOST_OPEN:
                oldest = _keepers.popleft()()
                if oldest is not None:
                    oldest._file = None
        return file


class _OpenFile:
    """A file that is closed when nobody refers to it any more."""

    def __init__(self, file):
        self._file = file
        self._lock = threading.Lock()

    def __del__(self):
        self._file.close()

    def read(self, offset, length):
        if hasattr(os, "pread"):
            return os.pread(self._file.fileno(), length, offset)
        with self._lock:
            self._file.seek(offset)
            return self._file.read(length)


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
