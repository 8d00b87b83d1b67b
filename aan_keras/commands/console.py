"""What the commands share: progress, results, quiet libraries."""

import argparse
import math
import os
import sys

DEFAULT_PRESET = "aan_128"


def load_reenactor(arguments):
    """Loads `arguments.preset`."""
    from aan_keras.models.reenactor import Reenactor

    return Reenactor.from_preset(arguments.preset)


def print_written(written):
    """Prints where a result lies, and how fast it was made if that was measured."""
    line = f"{written.path}"
    if written.frames_per_second:
        line += f": {written.num_frames} frames"
        line += f", {written.frames_per_second:.1f} frames/s"
    print(line)


def progress(iterable, total, what, unit="frame"):
    """Shows a progress bar with the time that is left, while iterating."""
    import tqdm

    # Short jobs need no bar (delay), log files neither (disable=None).
    return tqdm.tqdm(
        iterable, what, total, delay=2, unit=unit, leave=False, disable=None
    )


def quiet_tensorflow(debug):
    """Imports TensorFlow without its greetings, which no setting turns off."""
    if debug:
        return
    # Level 2 would show a graph optimizer's notice that it left a graph as it was, as
    # it does with oneDNN. What goes wrong is raised as an exception at any level.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    terminal = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        import tensorflow

        # Looking for a GPU is the other thing that it talks about.
        tensorflow.config.list_physical_devices()
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)


def positive(text):
    """Parses an argument that is an integer of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {text}")
    return number


def not_negative(text):
    """Parses an argument that is an integer of at least 0."""
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"must be at least 0, got {text}")
    return number


def number_in(lowest, highest):
    """Type of an argument that is a number from `lowest` to `highest`."""

    def number(text):
        value = float(text)
        if not lowest <= value <= highest or math.isinf(value):
            where = f"from {lowest:g} to {highest:g}"
            if math.isinf(highest):
                where = f"at least {lowest:g}, and finite"
            raise argparse.ArgumentTypeError(f"must be {where}, got {text}")
        return value

    return number


def add_validation(command, what="kept out of training"):
    """Adds `--validation VIDEOS PHOTOS`, see `aan_keras.data.split_identities`."""
    command.add_argument(
        "--validation",
        nargs=2,
        type=int,
        metavar=("VIDEOS", "PHOTOS"),
        help=f"identities {what}: with videos, and with photo sets only (default: 6 "
        "12, or a fifth of each where that is less)",
    )


def validation_of(arguments):
    """What `add_validation` has read, a pair."""
    if arguments.validation is not None:
        return tuple(arguments.validation)
    from aan_keras.data.split import default_validation

    return default_validation(arguments.data)
