import numpy as np
import pytest
import tensorflow as tf

from aan_keras.data.clip_example import write_example
from aan_keras.data.shard_index import index_path, read_index, scan_shard, write_index

from .shard_folder import make_record


@pytest.fixture
def shard(faces, tmp_path):
    """A shard of four clips."""
    path = tmp_path / "train-00000.tfrecord"
    with tf.io.TFRecordWriter(str(path)) as writer:
        for folder in ("anna/v0", "anna/v1", "ben/v0", "eve/p0"):
            writer.write(write_example(make_record(faces / folder)))
    return path


def names(clips):
    return [f"{clip.identity}/{clip.clip}" for clip in clips]


def flip(path, place):
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def test_index_gives_back_the_scan(shard, faces):
    assert read_index(shard) is None
    write_index(shard)
    scanned, problems = scan_shard(shard)
    assert problems == []
    indexed = read_index(shard)
    assert names(indexed) == ["anna/v0", "anna/v1", "ben/v0", "eve/p0"]
    data = shard.read_bytes()
    for clip, same in zip(scanned, indexed, strict=True):
        folder = faces / clip.identity / clip.clip
        np.testing.assert_array_equal(clip.landmarks, np.load(folder / "landmarks.npy"))
        files = [file.read_bytes() for file in sorted(folder.glob("*.jpg"))]
        ends = clip.offsets + clip.lengths
        assert [data[a:b] for a, b in zip(clip.offsets, ends)] == files
        assert (same.size, same.is_photo_set) == (128, clip.clip == "p0")
        for name in ("landmarks", "offsets", "lengths", "checksums"):
            np.testing.assert_array_equal(getattr(same, name), getattr(clip, name))


def test_index_is_the_same_every_time(shard):
    write_index(shard)
    first = index_path(shard).read_bytes()
    write_index(shard)
    assert index_path(shard).read_bytes() == first


def test_damaged_records_are_named_and_the_others_read(shard):
    clips, _ = scan_shard(shard)
    for clip in clips[1:3]:
        flip(shard, int(clip.offsets[2]) + 5)
    found, problems = scan_shard(shard)
    assert names(found) == ["anna/v0", "eve/p0"]
    assert [problem.partition(", ")[2] for problem in problems] == [
        "record 1: wrong checksum",
        "record 2: wrong checksum",
    ]
    with pytest.raises(ValueError, match="record 1: wrong checksum"):
        write_index(shard)


def test_a_record_of_something_else_is_named(shard):
    with tf.io.TFRecordWriter(str(shard)) as writer:
        writer.write(tf.train.Example().SerializeToString())
    assert scan_shard(shard) == (
        [],
        [f"{shard}, record 0: not the Example of a clip"],
    )


def test_cut_off_shard(shard):
    write_index(shard)
    shard.write_bytes(shard.read_bytes()[:-100])
    assert read_index(shard) is None  # it is another file's
    found, problems = scan_shard(shard)
    assert names(found) == ["anna/v0", "anna/v1", "ben/v0"]
    assert problems == [f"{shard}, record 3 and all after it: cut off"]


def test_damaged_index_is_not_used(shard):
    write_index(shard)
    index_path(shard).write_bytes(index_path(shard).read_bytes()[:-300])
    assert read_index(shard) is None
