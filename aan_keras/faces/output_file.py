"""Output files that are either whole or absent."""

import contextlib
import os
import pathlib

from aan_keras.faces.input_error import InputError


@contextlib.contextmanager
def output_file(path):
    """A path to write to, beside `path`, which becomes `path` when all went well.

    An error, an interrupt or a full disk leaves what was at `path` before, and no
    partial file.

    Args:
        path: the file to make. Its folder must exist.

    Yields:
        `pathlib.Path` in the same folder, with the same suffix.

    Example:

    >>> with output_file("out.png") as path:
    ...     path.write_bytes(data)
    """
    path = pathlib.Path(path)
    beside = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        if not path.parent.is_dir():
            raise InputError(
                f"cannot write {path}: there is no folder {path.parent}: "
                "create it or choose another"
            )
        if path.is_dir():
            raise InputError(f"cannot write {path}: it is a folder: give a file name")
        beside.touch()
    except OSError as error:
        raise InputError(
            f"cannot write {path}: {error.strerror}: choose another place"
        ) from None
    try:
        yield beside
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
