"""Clips of a data folder, whether it holds shards or folders of frames."""

import warnings
from pathlib import Path

from aan_keras.data.clips import Clip, read_clips
from aan_keras.data.dataset_file import is_shard_folder, read_dataset_file, split_of
from aan_keras.data.shard_frames import ShardFile, ShardFrames
from aan_keras.data.shard_index import read_index, scan_shard


def open_clips(path, identities=None, split="train", animated=False):
    """Opens the clips of a data folder.

    Frames of shards stay on disk until they are used; landmarks are in memory, 0.5 KB
    a frame. Folders of frames are read into memory, see `read_clips`.

    Args:
        path: folder that `aan-keras prepare` wrote, or one with
            `<identity>/<clip>/*.jpg` and `landmarks.npy`.
        identities: names to use. Defaults to all of the split.
        split: "train", "test", or None for both. Folders of frames have one split.
        animated: with animated photos (see `Clip`), which folders of frames may have.

    Returns:
        List of `Clip`, ordered by identity and name. Damaged records of shards are
        left out, named and counted in one warning.
    """
    path = Path(path)
    if not is_shard_folder(path):
        return read_clips(path, identities, animated)
    content = read_dataset_file(path)
    names = list(content["splits"]) if split is None else [split]
    parts = [split_of(content, name, path) for name in names]
    known = {identity for part in parts for identity in part["identities"]}
    missing = sorted(set(identities or ()) - known)
    if missing:
        raise ValueError(
            f"{path} lacks {len(missing)} of the identities. Received: {missing}"
        )
    wanted = known if identities is None else set(identities)
    clips, skipped = [], []
    for shard in (shard for part in parts for shard in part["shards"]):
        found, problems = _open_shard(path / shard["name"], shard["clips"])
        clips += [clip for clip in found if clip.identity in wanted]
        skipped += problems
    if skipped:
        shown = "; ".join(skipped[:5]) + ("; ..." if len(skipped) > 5 else "")
        warnings.warn(f"Skipped {len(skipped)} records: {shown}", stacklevel=2)
    if not clips:
        raise ValueError(f"No readable clip of these identities. Received: {path}")
    return sorted(clips, key=lambda clip: (clip.identity, clip.name))


def _open_shard(path, count):
    if not path.is_file():
        return [], [f"{path} with {count} clips: no such file"]
    found, problems = read_index(path), []
    if found is None:
        found, problems = scan_shard(path)
    file = ShardFile(path)
    clips = [
        Clip(
            identity=clip.identity,
            name=clip.clip,
            frames=ShardFrames(file, clip),
            landmarks=clip.landmarks,
            image_size=clip.size,
            is_photo_set=clip.is_photo_set,
        )
        for clip in found
        if len(clip.offsets) > 1
    ]
    return clips, problems
