"""Where the frames of a TFRecord shard lie, so that one is read without the others."""

import dataclasses
import json
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np

from aan_keras.data.clip_example import read_example
from aan_keras.faces.output_file import output_file

# A TFRecord is: length (8 bytes), its checksum (4), data, their checksum (4).
_HEADER, _FOOTER = 12, 4


@dataclasses.dataclass(frozen=True)
class IndexedClip:
    """A clip in a shard.

    Args:
        identity, clip, size, is_photo_set: as in the `Example`.
        landmarks: float32 `[T, 68, 2]`.
        offsets: int64 `[T]`, first byte of each frame's JPEG in the shard.
        lengths: int64 `[T]`, bytes of each.
        checksums: uint32 `[T]`, CRC-32 of each.
    """

    identity: str
    clip: str
    size: int
    is_photo_set: bool
    landmarks: np.ndarray
    offsets: np.ndarray
    lengths: np.ndarray
    checksums: np.ndarray


def index_path(shard):
    """`train-00000.index.npz` of `train-00000.tfrecord`."""
    return Path(shard).with_suffix(".index.npz")


def scan_shard(path):
    """Reads a whole shard, checking its checksums.

    Args:
        path: TFRecord file of clips.

    Returns:
        List of `IndexedClip`, and a list of "file, record n: reason" strings, one for
        each record that was left out.
    """
    import tensorflow as tf

    path = Path(path)
    size = path.stat().st_size
    clips, problems = [], []
    offset, number, checked = 0, 0, None
    with open(path, "rb") as file:
        while offset < size:
            file.seek(offset)
            header = file.read(_HEADER)
            length = struct.unpack("<Q", header[:8])[0] if len(header) >= 8 else size
            end = offset + _HEADER + length + _FOOTER
            if end > size:
                problems.append(f"{path}, record {number} and all after it: cut off")
                break
            data = file.read(length)
            if checked is None:
                checked = iter(tf.data.TFRecordDataset(str(path)).skip(number))
            try:
                next(checked)
                clips.append(_locate(read_example(data), data, offset + _HEADER))
            except (tf.errors.DataLossError, StopIteration):
                problems.append(f"{path}, record {number}: wrong checksum")
                checked = None  # TensorFlow stops there; go on behind it.
            except ValueError as error:
                problems.append(f"{path}, record {number}: {error}")
            offset, number = end, number + 1
    return clips, problems


def _locate(example, data, start):
    places, position = [], 0
    for frame in example["frames"]:
        position = data.index(frame, position)
        places.append((start + position, len(frame), zlib.crc32(frame)))
        position += len(frame)
    offsets, lengths, checksums = np.array(places, "int64").reshape(-1, 3).T
    del example["frames"]
    return IndexedClip(**example, offsets=offsets, lengths=lengths, checksums=checksums)


def write_index(shard):
    """Scans a shard that was just written and puts its index beside it.

    Raises:
        ValueError: the shard cannot be read back.
    """
    clips, problems = scan_shard(shard)
    if problems:
        raise ValueError(f"{problems[0]}: the disk may be failing. Received: {shard}")
    names = [[clip.identity, clip.clip] for clip in clips]
    numbers = [[c.size, c.is_photo_set, len(c.offsets)] for c in clips]
    arrays = {
        "names": np.frombuffer(json.dumps(names).encode(), "uint8"),
        "numbers": np.array(numbers, "int64").reshape(-1, 3),
        "shard_size": np.int64(Path(shard).stat().st_size),
    }
    for name in ("landmarks", "offsets", "lengths", "checksums"):
        arrays[name] = np.concatenate([getattr(clip, name) for clip in clips])
    with output_file(index_path(shard)) as beside, open(beside, "wb") as file:
        np.savez(file, **arrays)


def read_index(shard):
    """The clips of a shard by its index file.

    Returns:
        List of `IndexedClip`, or None when there is no index that fits the shard.
    """
    try:
        with np.load(index_path(shard), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        if arrays["shard_size"] != Path(shard).stat().st_size:
            return None
        names = json.loads(arrays["names"].tobytes())
        ends = np.cumsum(arrays["numbers"][:, 2])
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    clips = []
    for (identity, clip), (size, is_photo_set, count), end in zip(
        names, arrays["numbers"].tolist(), ends, strict=True
    ):
        parts = {
            name: arrays[name][end - count : end]
            for name in ("landmarks", "offsets", "lengths", "checksums")
        }
        clips.append(IndexedClip(identity, clip, size, bool(is_photo_set), **parts))
    return clips
