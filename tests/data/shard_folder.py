"""Frame folders as shards, written with TensorFlow's own writer."""

import json
import types

import numpy as np
import tensorflow as tf

from aan_keras.data.clip_example import write_example
from aan_keras.data.shard_index import write_index


def make_record(folder, suffix="jpg"):
    """The clip in a frame folder, as what `write_example` takes."""
    files = sorted(folder.glob(f"*.{suffix}"))
    return types.SimpleNamespace(
        identity=folder.parent.name,
        clip=folder.name,
        frames=[file.read_bytes() for file in files],
        landmarks=np.load(folder / "landmarks.npy"),
        size=128,
        is_photo_set=folder.name.startswith("p"),
        frame_index=np.arange(len(files)),
    )


def make_shard_folder(faces, output, test=("gus",), clips_a_shard=4, suffix="jpg"):
    """Writes `output` as `aan-keras prepare` would; `test`: test identities."""
    output.mkdir()
    folders = sorted(file.parent for file in faces.glob("*/*/landmarks.npy"))
    splits = {}
    for split in ("train", "test"):
        chosen = [f for f in folders if (f.parent.name in test) == (split == "test")]
        part = splits[split] = {"shards": [], "identities": {}}
        for start in range(0, len(chosen), clips_a_shard):
            members = chosen[start : start + clips_a_shard]
            path = output / f"{split}-{start // clips_a_shard:05d}.tfrecord"
            with tf.io.TFRecordWriter(str(path)) as writer:
                for folder in members:
                    writer.write(write_example(make_record(folder, suffix)))
            write_index(path)
            part["shards"].append({"name": path.name, "clips": len(members)})
        for folder in chosen:
            count = part["identities"].setdefault(
                folder.parent.name, {"videos": 0, "photo_sets": 0}
            )
            count["photo_sets" if folder.name.startswith("p") else "videos"] += 1
    (output / "dataset.json").write_text(json.dumps({"splits": splits}))
    return output
