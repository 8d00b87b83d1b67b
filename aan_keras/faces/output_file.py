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
    check_output(path)
    with _as_input_error(path):
        beside.touch()
    try:
        yield beside
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def check_output(path, inputs=()):
    """Raises `InputError` if a file can't be written: before any work is done for it.

    Args:
        path: the file to make.
        inputs: see `check_not_an_input`.
    """
    path = pathlib.Path(path)
    with _as_input_error(path):
        if not path.parent.is_dir():
            raise InputError(
                f"cannot write {path}: there is no folder {path.parent}: "
                "create it or choose another"
            )
        if path.is_dir():
            raise InputError(f"cannot write {path}: it is a folder: give a file name")
    check_not_an_input(path, inputs)


def check_not_an_input(path, inputs):
    """Raises `InputError` if a file to make would replace one that it is made of.

    Args:
        path: the file to make.
        inputs: paths of the files that it is made of; arrays are passed over.
    """
    if not os.path.exists(path):
        return
    for other in inputs:
        is_file = isinstance(other, (str, os.PathLike)) and os.path.exists(other)
        if is_file and os.path.samefile(path, other):
            raise InputError(
                f"cannot write {path}: it would replace {other}, which is an input: "
                "choose another name"
            )


@contextlib.contextmanager
def _as_input_error(path):
    try:
        yield
    except OSError as error:
        raise InputError(
            f"cannot write {path}: {error.strerror}: choose another place"
        ) from None
