"""`dataset.json`: what a folder of shards holds."""

import json
from pathlib import Path

FILE_NAME = "dataset.json"


def is_shard_folder(path):
    """Whether a folder holds shards, finished or not, instead of frame folders."""
    path = Path(path)
    return (path / FILE_NAME).is_file() or any(path.glob("*.tfrecord"))


def read_dataset_file(path):
    """The content of `dataset.json` in a folder of shards.

    Returns:
        Dict. `splits` maps "train" and "test" to dicts with `shards` (a list of dicts
        with `name`, `bytes`, `sha256`, `clips`, `frames`) and `identities` (a dict of
        name to `{"videos": n, "photo_sets": n}`).
    """
    file = Path(path) / FILE_NAME
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(content["splits"], dict):
            raise ValueError
    except FileNotFoundError:
        raise ValueError(
            f"The folder holds shards but no {FILE_NAME}: finish `aan-keras prepare` "
            f"by running it again. Received: {path}"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"The file cannot be read. Received: {file}") from None
    return content


def split_of(content, split, path):
    """One entry of `splits`; ValueError names those there are."""
    if split not in content["splits"]:
        raise ValueError(
            f"{path} has the splits {sorted(content['splits'])}. "
            f"Received: split={split!r}"
        )
    return content["splits"][split]
