"""TFRecord shards of prepared clips."""

import hashlib
import os
from pathlib import Path

from aan_keras.data.clip_example import write_example
from aan_keras.data.shard_index import read_index, write_index
from aan_keras.faces.output_file import output_file


def shard_name(split, number):
    """`train-00000.tfrecord`"""
    return f"{split}-{number:05d}.tfrecord"


class ShardPlan:
    """Divides clips, in order, into shards of bounded size.

    The division depends on the clips' sizes alone, not on when they were finished.

    Args:
        limit: most bytes a shard, see `ClipRecord.num_bytes`. A single clip may have
            more.
    """

    def __init__(self, limit):
        self.limit = limit
        self._open = {}
        self._numbers = {}

    def add(self, split, clip, num_bytes):
        """Puts the next clip of a split into place.

        Returns:
            `(name, clips)` of a shard that got complete by it, or None.
        """
        clips, size = self._open.get(split, ([], 0))
        complete = None
        if clips and size + num_bytes > self.limit:
            complete = self._close(split)
            clips, size = [], 0
        self._open[split] = (clips + [clip], size + num_bytes)
        return complete

    def finish(self):
        """The last shard of each split, as `(name, clips)`."""
        return [self._close(split) for split in sorted(self._open)]

    def _close(self, split):
        number = self._numbers.get(split, 0)
        self._numbers[split] = number + 1
        return shard_name(split, number), self._open.pop(split)[0]


def write_shard(path, records):
    """Writes a shard and its index; each file is whole or absent.

    Args:
        path: TFRecord file to write.
        records: iterable of `ClipRecord`.
    """
    import tensorflow as tf

    with output_file(path) as beside:
        try:
            with tf.io.TFRecordWriter(str(beside)) as writer:
                for record in records:
                    writer.write(write_example(record))
        except tf.errors.OpError as error:
            raise OSError(None, error.message, str(path)) from None
    write_index(path)


def shard_clips(path):
    """`(identity, clip)` of the clips in a finished shard, or None when it is not."""
    clips = read_index(path)
    return None if clips is None else [(clip.identity, clip.clip) for clip in clips]


def store_shard(output, folder, name, clips):
    """Moves clips from the work folder into a shard, if they are not there already.

    Args:
        output: folder of the shards.
        folder: `WorkFolder`.
        name: of the shard.
        clips: list of `RawClip`.
    """
    path = Path(output) / name
    if shard_clips(path) != [(clip.identity, clip.name) for clip in clips]:
        write_shard(path, (folder.record(clip) for clip in clips))
    for clip in clips:
        folder.discard_record(clip)


def describe_shard(path):
    """The entry of a shard in `dataset.json`."""
    path = Path(path)
    clips = read_index(path)
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return {
        "name": path.name,
        "bytes": path.stat().st_size,
        "sha256": digest.hexdigest(),
        "clips": len(clips),
        "frames": sum(len(clip.offsets) for clip in clips),
    }


def remove_leftovers(folder):
    """Removes what a killed process left half-written."""
    for file in Path(folder).glob(".*"):
        if file.suffix in (".tfrecord", ".npz", ".json", ".html") and file.is_file():
            os.unlink(file)
    for file in Path(folder).glob("*.index.npz"):
        if not file.with_name(file.name.replace(".index.npz", ".tfrecord")).is_file():
            os.unlink(file)
