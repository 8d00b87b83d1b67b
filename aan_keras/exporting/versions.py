"""Folders that a polling model server never sees half-written."""

import contextlib
import glob
import os
import pathlib
import shutil

import tensorflow as tf

from aan_keras.exporting.saved_model import export_saved_model
from aan_keras.faces.input_error import InputError


def export_version(reenactor, base, version=None, **options):
    """Writes the SavedModel `base/version`, whole or not at all.

    A model server that polls `base` takes every folder whose name is a number. The
    export is written under a name that is not, and renamed when it is complete.

    Args:
        reenactor: `aan_keras.Reenactor`.
        base: folder of the model's versions; created if missing.
        version: positive integer; None: one more than the highest there.
        **options: of `export_saved_model`.

    Returns:
        `pathlib.Path` of the version's folder.

    Raises:
        InputError: the version exists already, or `base` can't be written.
    """
    base = pathlib.Path(base)
    try:
        base.mkdir(parents=True, exist_ok=True)
        if version is None:
            version = max((int(v) for v in versions(base)), default=0) + 1
        with folder_at_once(base / str(version)) as folder:
            options.setdefault("name", base.name)
            export_saved_model(reenactor, folder, version=version, **options)
    # The weights are written by TensorFlow, for which a full disk is no OSError.
    except (OSError, tf.errors.OpError) as error:
        raise InputError(
            f"cannot write {base}: {_reason(error)}: free or choose another place"
        ) from error
    return base / str(version)


def versions(base):
    """Names of the version folders in `base`, lowest first."""
    names = [p.name for p in base.iterdir() if p.is_dir() and p.name.isdecimal()]
    return sorted(names, key=int)


@contextlib.contextmanager
def folder_at_once(path):
    """A folder to fill, beside `path`, which becomes `path` when all went well.

    What an earlier process that was killed left beside `path` is removed.

    Args:
        path: the folder to make; it must not exist.

    Yields:
        `pathlib.Path` of an empty folder on the same file system.

    Raises:
        InputError: `path` exists.
    """
    path = pathlib.Path(path)
    if path.exists():
        raise InputError(f"{path} exists already: choose another version or folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".{glob.escape(path.name)}.partial-*"):
        if not _is_running(int(left.name.rpartition("-")[2])):
            shutil.rmtree(left, ignore_errors=True)
    beside = path.with_name(f".{path.name}.partial-{os.getpid()}")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    try:
        yield beside
        # Fails on a folder that appeared meanwhile, unless that one is empty.
        os.rename(beside, path)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _reason(error):
    if isinstance(error, OSError):
        return error.strerror or error
    # {{node}} FILE; REASON [Op:NAME]
    reason = error.message.rpartition("; ")[2].partition(" [Op:")[0]
    return " ".join(reason.split())


def _is_running(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
