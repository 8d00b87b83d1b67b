import hashlib

import pytest
import tensorflow as tf

from aan_keras.data.clip_example import read_example
from aan_keras.preparation.layouts import RawClip
from aan_keras.preparation.shards import (
    ShardPlan,
    describe_shard,
    remove_leftovers,
    shard_clips,
    write_shard,
)

from .drawn_clips import drawn_clip


def records(tmp_path, *names):
    return [drawn_clip(RawClip("anna", name, tmp_path))[0] for name in names]


def test_plan_keeps_order_and_bounds():
    plan = ShardPlan(limit=10)
    sizes = [4, 6, 1, 25, 3, 3, 3, 3]
    found = [plan.add("train", i, size) for i, size in enumerate(sizes)]
    found += [plan.add("test", 9, 1), *plan.finish()]
    assert [entry for entry in found if entry] == [
        ("train-00000.tfrecord", [0, 1]),
        ("train-00001.tfrecord", [2]),
        ("train-00002.tfrecord", [3]),  # larger than any shard may be
        ("train-00003.tfrecord", [4, 5, 6]),
        ("test-00000.tfrecord", [9]),
        ("train-00004.tfrecord", [7]),
    ]
    assert plan.finish() == []


def test_shard_is_read_by_tensorflow(tmp_path):
    path = tmp_path / "train-00000.tfrecord"
    written = records(tmp_path, "v0", "v1", "v2")
    write_shard(path, written)
    read = [read_example(r.numpy()) for r in tf.data.TFRecordDataset(str(path))]
    assert [clip["clip"] for clip in read] == ["v0", "v1", "v2"]
    assert [clip["frames"] for clip in read] == [record.frames for record in written]
    assert shard_clips(path) == [("anna", "v0"), ("anna", "v1"), ("anna", "v2")]
    assert describe_shard(path) == {
        "name": path.name,
        "bytes": path.stat().st_size,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "clips": 3,
        "frames": sum(len(record.frames) for record in written),
    }


def test_failure_leaves_no_shard(tmp_path):
    def fail():
        yield from records(tmp_path, "v0")
        raise RuntimeError("stop")

    path = tmp_path / "train-00000.tfrecord"
    with pytest.raises(RuntimeError):
        write_shard(path, fail())
    assert list(tmp_path.iterdir()) == []


def test_shard_without_its_index_is_not_finished(tmp_path):
    path = tmp_path / "train-00000.tfrecord"
    write_shard(path, records(tmp_path, "v0"))
    (tmp_path / "train-00000.index.npz").unlink()
    assert shard_clips(path) is None


def test_leftovers_of_a_killed_process_go(tmp_path):
    path = tmp_path / "train-00000.tfrecord"
    write_shard(path, records(tmp_path, "v0"))
    (tmp_path / ".train-00001.77.tfrecord").write_text("half")
    (tmp_path / ".dataset.77.json").write_text("half")
    (tmp_path / "train-00001.index.npz").write_text("of a shard that is gone")
    (tmp_path / ".hidden").touch()
    remove_leftovers(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        ".hidden",
        "train-00000.index.npz",
        "train-00000.tfrecord",
    ]
