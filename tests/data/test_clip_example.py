import os
import types

import numpy as np
import pytest
import tensorflow as tf

from aan_keras.data.clip_example import read_example, write_example

LANDMARKS = np.random.default_rng(0).normal(64, 9, (3, 68, 2)).astype("float32")
RECORD = types.SimpleNamespace(
    identity="Zoë",
    clip="v 0",
    frames=[b"one", b"two", b""],
    landmarks=LANDMARKS,
    size=64,
    is_photo_set=True,
    frame_index=np.array([0, 5, 9]),
)


def test_tensorflow_reads_what_is_written():
    features = {
        "identity": tf.io.FixedLenFeature([], tf.string),
        "clip": tf.io.FixedLenFeature([], tf.string),
        "frames": tf.io.VarLenFeature(tf.string),
        "landmarks": tf.io.FixedLenFeature([3, 68, 2], tf.float32),
        "size": tf.io.FixedLenFeature([], tf.int64),
        "photo_set": tf.io.FixedLenFeature([], tf.int64),
        "frame_index": tf.io.FixedLenFeature([3], tf.int64),
    }
    parsed = tf.io.parse_single_example(write_example(RECORD), features)
    assert parsed["identity"].numpy().decode() == "Zoë"
    assert parsed["clip"].numpy() == b"v 0"
    assert parsed["frames"].values.numpy().tolist() == RECORD.frames
    np.testing.assert_array_equal(parsed["landmarks"], LANDMARKS)
    assert (parsed["size"].numpy(), parsed["photo_set"].numpy()) == (64, 1)
    assert parsed["frame_index"].numpy().tolist() == [0, 5, 9]


def test_round_trip_and_same_bytes():
    clip = read_example(write_example(RECORD))
    np.testing.assert_array_equal(clip.pop("landmarks"), LANDMARKS)
    assert clip == {
        "identity": "Zoë",
        "clip": "v 0",
        "frames": RECORD.frames,
        "size": 64,
        "is_photo_set": True,
    }
    assert write_example(RECORD) == write_example(RECORD)


def test_names_that_are_not_utf8_come_back():
    name = os.fsdecode("José".encode("latin-1"))
    record = types.SimpleNamespace(**{**vars(RECORD), "identity": name, "clip": name})
    example = tf.train.Example.FromString(write_example(record))
    assert example.features.feature["clip"].bytes_list.value == [b"Jos\xe9"]
    clip = read_example(write_example(record))
    assert (clip["identity"], clip["clip"]) == (name, name)


def test_other_bytes_are_refused():
    other = tf.train.Example().SerializeToString()
    unfit = types.SimpleNamespace(**{**vars(RECORD), "frames": [b"one"]})
    lost = types.SimpleNamespace(**{**vars(RECORD), "landmarks": LANDMARKS * np.nan})
    for data in (b"\xff\xff", other, write_example(unfit), write_example(lost)):
        with pytest.raises(ValueError, match="not the Example|not finite"):
            read_example(data)
