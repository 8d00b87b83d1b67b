"""One clip as a `tf.train.Example`.

| feature | type | meaning |
|---|---|---|
| `identity`, `clip` | bytes | names, UTF-8 but for names of files that are not |
| `frames` | bytes list `[T]` | JPEG files, square |
| `landmarks` | float list `[T * 68 * 2]` | (x, y) in pixels, centres at integers |
| `size` | int64 | side of the frames in pixels |
| `photo_set` | int64 | 1: the frames are unrelated photos, 0: moments of one video |
| `frame_index` | int64 list `[T]` | places of the frames in the raw clip |

Read it with `tf.io.parse_single_example`, or `read_example`.
"""

import numpy as np

# File names need not be UTF-8: bytes that are not come back as they were.
_CODING = ("utf-8", "surrogateescape")


def write_example(record):
    """The serialized `Example`; the same record gives the same bytes.

    Args:
        record: has `identity`, `clip`, `frames`, `landmarks`, `size`, `is_photo_set`
            and `frame_index`, as `aan_keras.preparation.clip_record.ClipRecord` does.
    """
    import tensorflow as tf

    def strings(values):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))

    def integers(values):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=values))

    points = np.asarray(record.landmarks, "float32").ravel()
    features = {
        "identity": strings([record.identity.encode(*_CODING)]),
        "clip": strings([record.clip.encode(*_CODING)]),
        "frames": strings(record.frames),
        "landmarks": tf.train.Feature(float_list=tf.train.FloatList(value=points)),
        "size": integers([int(record.size)]),
        "photo_set": integers([int(record.is_photo_set)]),
        "frame_index": integers(np.asarray(record.frame_index).tolist()),
    }
    example = tf.train.Example(features=tf.train.Features(feature=features))
    return example.SerializeToString(deterministic=True)


def read_example(data):
    """The inverse of `write_example`.

    Args:
        data: a serialized `Example`.

    Returns:
        Dict: `identity`, `clip` str; `frames` list of bytes; `landmarks` float32
        `[T, 68, 2]`; `size` int; `is_photo_set` bool.

    Raises:
        ValueError: it is no such `Example`.
    """
    import tensorflow as tf
    from google.protobuf.message import DecodeError

    try:
        feature = tf.train.Example.FromString(data).features.feature
        frames = list(feature["frames"].bytes_list.value)
        points = np.array(feature["landmarks"].float_list.value, "float32")
        clip = {
            "identity": feature["identity"].bytes_list.value[0].decode(*_CODING),
            "clip": feature["clip"].bytes_list.value[0].decode(*_CODING),
            "frames": frames,
            "landmarks": points.reshape(len(frames), 68, 2),
            "size": feature["size"].int64_list.value[0],
            "is_photo_set": bool(feature["photo_set"].int64_list.value[0]),
        }
    except (DecodeError, IndexError, ValueError):
        raise ValueError("not the Example of a clip") from None
    if not np.isfinite(points).all():
        raise ValueError("landmarks are not finite")
    return clip
