"""The state of a JAX run as a file."""

import os
import re
from pathlib import Path

import jax
import numpy as np

_FILE = re.compile(r"state_(\d+)\.npz$")
_KEPT = 2


def check_state(state, step):
    """Refuses the state of a run that has gone wrong.

    Args:
        state: dict of lists of arrays, see `JaxStep`.
        step: number of steps done.

    Raises:
        FloatingPointError: an array is not finite.
    """
    for group, values in state.items():
        for index, value in enumerate(values):
            if not np.isfinite(np.asarray(value)).all():
                raise FloatingPointError(
                    f"training stopped: {group}/{index:04d} is not finite, so step "
                    f"{step} was not saved, and older checkpoints are kept. Lower the "
                    "learning rate"
                )


def save_state(state, folder, step):
    """Writes `state_<step>.npz`, all or nothing, and keeps the last two.

    Args:
        state: dict of lists of arrays, see `JaxStep`.
        folder: created if missing.
        step: number of steps done.

    Raises:
        FloatingPointError: an array is not finite; nothing is written.
    """
    check_state(state, step)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {
        f"{group}/{index:04d}": np.asarray(value)
        for group, values in jax.device_get(state).items()
        for index, value in enumerate(values)
    }
    path = folder / f"state_{step:08d}.npz"
    temporary = path.with_suffix(".partial")
    with open(temporary, "wb") as file:
        np.savez(file, **arrays)
    os.replace(temporary, path)
    for old in sorted(f for f in folder.iterdir() if _FILE.match(f.name))[:-_KEPT]:
        old.unlink()


def latest_state(folder):
    """Path of the last state in a folder, or None."""
    folder = Path(folder)
    if not folder.is_dir():
        return None
    files = sorted(f for f in folder.iterdir() if _FILE.match(f.name))
    return files[-1] if files else None


def load_state(path, like):
    """Reads a state.

    Args:
        path: file of `save_state`.
        like: state of the same run before its first step.

    Returns:
        The state, and the number of steps done.
    """
    with np.load(path, allow_pickle=False) as arrays:
        names = {
            f"{g}/{i:04d}" for g, values in like.items() for i in range(len(values))
        }
        if names != set(arrays.files):
            raise ValueError(f"{path} is of another model. Received: {path}")
        state = {
            group: [
                jax.numpy.asarray(arrays[f"{group}/{i:04d}"], value.dtype)
                for i, value in enumerate(values)
            ]
            for group, values in like.items()
        }
    return state, int(_FILE.match(Path(path).name).group(1))
