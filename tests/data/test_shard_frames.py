import concurrent.futures
import os
import pickle
import types
import zlib

import numpy as np
import pytest

from aan_keras.data import shard_frames
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


def test_another_process_reads_the_same(path):
    file = ShardFile(path)
    file.read(0, 1)
    assert pickle.loads(pickle.dumps(file)).read(10, 3) == bytes([10, 11, 12])


def test_the_process_may_go_elsewhere(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = ShardFile(path.name)
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    assert file.read(0, 2) == bytes([0, 1])


@pytest.fixture
def opened(monkeypatch):
    """All files that were opened, of which at most three stay open."""
    files = []

    def recorded(*args, **kwargs):
        files.append(open(*args, **kwargs))  # noqa: SIM115
        return files[-1]

    monkeypatch.setattr(shard_frames, "_MOST_OPEN", 3)
    monkeypatch.setattr(shard_frames, "open", recorded, raising=False)
    return files


def test_few_files_stay_open(path, opened):
    files = [ShardFile(path) for _ in range(10)]
    for file in files * 2:
        assert file.read(7, 1) == file.read(7, 1) == bytes([7])
        assert sum(not file.closed for file in opened) <= 3
    # Once a round: the second read finds it open.
    assert len(opened) == 20
    del file, files
    assert all(file.closed for file in opened)


@pytest.mark.parametrize("has_pread", [True, False])
def test_no_file_is_closed_under_a_reader(path, opened, has_pread, monkeypatch):
    if not has_pread:
        monkeypatch.delattr(os, "pread")
    files = [ShardFile(path) for _ in range(10)]

    def read(index):
        return files[index * 7 % 10].read(index % 90, 5)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        found = list(pool.map(read, range(2000)))
    assert found == [bytes(range(i % 90, i % 90 + 5)) for i in range(2000)]
    assert len(opened) > 10 and sum(not file.closed for file in opened) <= 3
