"""Splits by identity: nobody is in both parts."""

import os
import shutil
from pathlib import Path

import numpy as np

from aan_keras.data.clips import ANIMATED, PHOTO_SET
from aan_keras.data.dataset_file import is_shard_folder, read_dataset_file, split_of


def split_identities(path, validation=(6, 12), seed=0):
    """Divides the identities of a data folder into training and validation.

    Args:
        path: folder with `<identity>/<clip>/landmarks.npy`, or of shards. Of shards,
            only the identities of the split "train" are divided: those of "test" are
            for the evaluation of the finished model.
        validation: how many identities to keep for validation, as a pair: those
            with at least one video clip, and those with photo sets only.
        seed: integer that decides the choice.

    Returns:
        Two sorted lists of names, training and validation.
    """
    names = _names_by_kind(path)
    videos, photos = sorted(names[False]), sorted(names[True] - names[False])
    if not videos and not photos:
        raise ValueError(
            f"No <identity>/<clip>/landmarks.npy in the folder. Received: {path}"
        )
    chosen = set()
    for kind, pool, count in zip((0, 1), (videos, photos), validation, strict=True):
        if not 0 <= count <= len(pool):
            raise ValueError(
                f"`validation` asks for more identities than the {len(videos)} with "
                f"videos and {len(photos)} with photos only. Received: {validation}"
            )
        order = np.random.default_rng((seed, kind)).permutation(len(pool))
        chosen.update(pool[i] for i in order[:count])
    return sorted({*videos, *photos} - chosen), sorted(chosen)


def default_validation(path):
    """How many identities commands keep for validation unless they are told.

    Args:
        path: see `split_identities`.

    Returns:
        A pair as for `split_identities`: 6 with videos and 12 with photo sets only, or
        a fifth of each where that is less.
    """
    names = _names_by_kind(path)
    videos, photos = len(names[False]), len(names[True] - names[False])
    return min(6, round(videos / 5)), min(12, round(photos / 5))


def divide_identities(path, validation):
    """Divides the identities of a data folder as a training run is told to.

    Args:
        path: see `split_identities`.
        validation: a list of names, a pair of numbers as for `split_identities`, or
            None for nobody.

    Returns:
        Two sorted lists of names, training and validation.

    Raises:
        ValueError: `validation` asks for people who are not there, or for everybody.
    """
    if validation is None or not len(validation):
        return split_identities(path, (0, 0))
    if all(isinstance(entry, int) for entry in validation):
        training, held_out = split_identities(path, validation)
    else:
        everyone, _ = split_identities(path, (0, 0))
        missing = sorted(set(validation) - set(everyone))
        if missing:
            raise ValueError(f"{path} lacks validation identities. Received: {missing}")
        training = sorted(set(everyone) - set(validation))
        held_out = sorted(validation)
    if not training:
        raise ValueError(
            f"`validation` takes all {len(held_out)} identities of {path}, and leaves "
            f"nobody to train on. Received: {validation}"
        )
    return training, held_out


def _names_by_kind(path):
    names = {False: set(), True: set()}
    if is_shard_folder(path):
        identities = split_of(read_dataset_file(path), "train", path)["identities"]
        for identity, count in identities.items():
            names[not count["videos"]].add(identity)
        return names
    for file in sorted(Path(path).glob("*/*/landmarks.npy")):
        if ANIMATED.match(file.parent.name):
            continue
        is_photo_set = PHOTO_SET.match(file.parent.name) is not None
        names[is_photo_set].add(file.parent.parent.name)
    return names


def link_identities(path, output, identities, video_only=False):
    """Makes a folder with the chosen identities, for tools that take whole folders.

    Clips are symbolic links where the file system allows them, else copies.

    Args:
        path: folder with `<identity>/<clip>` folders.
        output: folder to make. It must not exist, or be empty.
        identities: names to include.
        video_only: leave photo sets and animated photos out.

    Returns:
        Number of clips.
    """
    if is_shard_folder(path):
        raise ValueError(
            f"Shards cannot be linked: folders of frames are needed. Received: {path}"
        )
    output = Path(output)
    if output.exists() and any(output.iterdir()):
        raise ValueError(f"The output folder must be empty. Received: {output}")
    count = 0
    for identity in identities:
        # The name is no pattern: it may hold brackets.
        folder = Path(path).absolute() / identity
        for file in sorted(folder.glob("*/landmarks.npy")):
            clip = file.parent
            kinds = (PHOTO_SET, ANIMATED)
            if video_only and any(kind.match(clip.name) for kind in kinds):
                continue
            target = output / identity / clip.name
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.symlink(clip, target, target_is_directory=True)
            except OSError:
                shutil.copytree(clip, target)
            count += 1
    return count
