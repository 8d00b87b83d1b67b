import pickle
from multiprocessing.reduction import ForkingPickler

import numpy as np
import pytest

from aan_keras.data import open_clips, read_clips
from aan_keras.data.shard_frames import ShardFrames
from aan_keras.data.shard_index import index_path, read_index

from .shard_folder import make_shard_folder


@pytest.fixture
def shards(faces, tmp_path):
    return make_shard_folder(faces, tmp_path / "shards")


def assert_same(clips, expected):
    for clip, other in zip(clips, expected, strict=True):
        assert (clip.identity, clip.name) == (other.identity, other.name)
        assert (clip.image_size, clip.is_photo_set) == (128, other.is_photo_set)
        np.testing.assert_array_equal(clip.landmarks, other.landmarks)
        assert list(clip.frames) == list(other.frames)


def test_shards_hold_what_the_folders_hold(faces, shards):
    everything = read_clips(faces)
    assert_same(open_clips(shards, split=None), everything)
    train = [clip for clip in everything if clip.identity != "gus"]
    assert_same(open_clips(shards), train)
    assert_same(open_clips(shards, split="test"), everything[-1:])
    some = open_clips(shards, ["ben", "eve"])
    assert [clip.identity for clip in some] == ["ben", "eve"]
    assert all(isinstance(clip.frames, ShardFrames) for clip in some)
    assert_same(open_clips(faces), everything)


def test_missing_identities_are_named(shards):
    with pytest.raises(ValueError, match=r"lacks 1 of .* Received: \['gus'\]"):
        open_clips(shards, ["ben", "gus"])


def test_without_an_index_the_shard_is_scanned(faces, shards):
    for shard in shards.glob("*.tfrecord"):
        index_path(shard).unlink()
    assert_same(open_clips(shards, split=None), read_clips(faces))


def test_damage_is_named_counted_and_left_out(shards):
    first, second = sorted(shards.glob("train-*.tfrecord"))
    first.write_bytes(first.read_bytes()[:-100])
    second.unlink()
    with pytest.warns(UserWarning, match="Skipped 2 records: .*record 3 .*no such"):
        clips = open_clips(shards)
    assert [f"{c.identity}/{c.name}" for c in clips] == ["anna/v0", "anna/v1", "ben/v0"]
    first.unlink()
    with (
        pytest.warns(UserWarning, match="Skipped 2"),
        pytest.raises(ValueError, match="No readable clip"),
    ):
        open_clips(shards)


def test_frames_stay_on_disk(shards):
    clips = open_clips(shards)
    shard = shards / "train-00000.tfrecord"
    place = int(read_index(shard)[0].offsets[0])
    with open(shard, "r+b") as file:
        file.seek(place)
        file.write(b"damaged")
    assert clips[0].frames[0] == b""
    assert clips[0].frames[1].startswith(b"\xff\xd8")


def test_worker_processes_get_clips_of_shards(faces, shards):
    clips = open_clips(shards, split=None)
    assert clips[0].frames[0]  # Its file is open.
    sent = bytes(ForkingPickler.dumps(clips))
    assert_same(pickle.loads(sent), read_clips(faces))
    # Frames stay where they are.
    assert len(sent) < sum(len(frame) for clip in clips for frame in clip.frames)
