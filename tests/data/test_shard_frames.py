import os
import types
import zlib

import numpy as np
import pytest

from aan_keras.data.shard_frames import ShardFile, ShardFrames


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(bytes(range(100)))
    return path


@pytest.mark.parametrize("has_pread", [True, False])
def test_ranges_are_read(path, has_pread, monkeypatch):
    if not has_pread:  # as on Windows
        monkeypatch.delattr(os, "pread")
    file = ShardFile(path)
    assert file.read(10, 3) == bytes([10, 11, 12])
    assert file.read(98, 5) == bytes([98, 99])


def test_frames_are_checked(path):
    checksums = [zlib.crc32(bytes([3, 4])), zlib.crc32(b"other")]
    clip = types.SimpleNamespace(
        offsets=np.array([3, 7]), lengths=np.array([2, 5]), checksums=checksums
    )
    frames = ShardFrames(ShardFile(path), clip)
    assert list(frames) == [bytes([3, 4]), b""]
    assert len(frames) == 2
