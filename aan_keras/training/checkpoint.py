"""Checkpoints of everything that a training step reads or writes."""

import json
import os
import re
import zipfile
from pathlib import Path

import keras
import ml_dtypes
import numpy as np

STEP_FILE = re.compile(r"step_(\d+)\.npz$")


def model_optimizers(model):
    """Returns all optimizers of a model, whatever attributes hold them, by name.

    Keras' own savers know `model.optimizer` only; a GAN has two. An unbuilt one is
    refused: it has no variables yet, so it would be left out silently.
    """
    optimizers, seen = {}, set()
    names = ["generator_optimizer", "discriminator_optimizer", *sorted(vars(model))]
    for name in [*names, "optimizer"]:
        value = getattr(model, name, None)
        if isinstance(value, keras.optimizers.Optimizer) and id(value) not in seen:
            if not value.built:
                raise ValueError(
                    "Optimizers must be built before a checkpoint is saved or loaded. "
                    f"Received: {name}={value}"
                )
            seen.add(id(value))
            optimizers[name.strip("_").removesuffix("_optimizer")] = value
    return optimizers


def state_variables(model):
    """Returns a dict of all variables of a training run, with unique stable names.

    Weights, moving statistics and averages, spectral vectors and random seeds are in
    `model.variables`; each optimizer adds its step count, moments and loss scale.
    """
    groups = {"model": model.variables}
    for name, optimizer in model_optimizers(model).items():
        groups[f"{name}_optimizer"] = optimizer.variables
    # Variables are told apart by their position; the last part of the path checks it.
    return {
        _unnumbered(f"{group}/{i:04d}/{variable.path.rsplit('/', 1)[-1]}"): variable
        for group, variables in groups.items()
        for i, variable in enumerate(variables)
    }


def _unnumbered(name):
    """Drops the numbers that Keras gives by what else the process has built."""
    return re.sub(r"(?<=[a-z0-9])_\d+(?=_|$)", "", name)


def check_finite(model, what):
    """Refuses the state of a training run that has gone wrong.

    Args:
        model: built and compiled model.
        what: what is not saved then, for the message.

    Raises:
        FloatingPointError: a variable is not finite.
    """
    for name, variable in state_variables(model).items():
        if not np.all(np.isfinite(keras.ops.convert_to_numpy(variable))):
            raise FloatingPointError(
                f"training stopped: {name} is not finite, so {what} was not saved, and "
                "older checkpoints are kept. Lower the learning rate"
            )


def save_checkpoint(model, path, metadata=None):
    """Writes the whole state of a training run to one file, all or nothing.

    Args:
        model: built and compiled model.
        path: file to write, `.npz`.
        metadata: dict that JSON can hold, given back by `load_checkpoint`.

    Raises:
        FloatingPointError: a variable is not finite; the file stays as it was.
    """
    path = Path(path)
    check_finite(model, path.name)
    arrays, types = {}, {}
    for name, variable in state_variables(model).items():
        array = keras.ops.convert_to_numpy(variable)
        types[name] = keras.backend.standardize_dtype(variable.dtype)
        # npz cannot hold bfloat16.
        arrays[name] = array.view("uint16") if types[name] == "bfloat16" else array
    header = json.dumps({"metadata": metadata or {}, "types": types})
    arrays["header"] = np.frombuffer(header.encode(), np.uint8)
    temporary = path.with_name(path.name + ".partial")
    try:
        with open(temporary, "wb") as file:
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    # The new name itself reaches the disk only with its folder.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def load_checkpoint(model, path):
    """Restores the state that `save_checkpoint` wrote, all or nothing.

    Args:
        model: model built and compiled as the saved one was.
        path: file to read.

    Returns:
        The `metadata` of the checkpoint.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {_unnumbered(name): file[name] for name in file.files}
        header = json.loads(arrays.pop("header").tobytes())
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"The checkpoint cannot be read ({error}). Received: {path}"
        ) from error
    types = {_unnumbered(name): dtype for name, dtype in header["types"].items()}
    variables = state_variables(model)
    missing = sorted(set(variables) - set(arrays))
    unexpected = sorted(set(arrays) - set(variables))
    if missing or unexpected:
        raise ValueError(
            f"{path} does not belong to this model: {len(missing)} variables are not "
            f"in the file, {len(unexpected)} of the file are not in the model. "
            f"Received: missing={missing[:5]}, unexpected={unexpected[:5]}"
        )
    for name, variable in variables.items():
        expected = tuple(variable.shape)
        dtype = keras.backend.standardize_dtype(variable.dtype)
        if arrays[name].shape != expected or types[name] != dtype:
            raise ValueError(
                f"{path} does not belong to this model: {name} must be {dtype} "
                f"{expected}. Received: {types[name]} {arrays[name].shape}"
            )
        if dtype == "bfloat16":
            arrays[name] = arrays[name].view(ml_dtypes.bfloat16)
    for name, variable in variables.items():
        variable.assign(arrays[name])
    return header["metadata"]


def list_checkpoints(directory):
    """Returns the `step_*.npz` files of a folder, oldest step first."""
    files = [f for f in Path(directory).glob("step_*.npz") if STEP_FILE.match(f.name)]
    return sorted(files, key=checkpoint_step)


def checkpoint_step(path):
    """Returns the step in a checkpoint's file name."""
    return int(STEP_FILE.match(Path(path).name)[1])


def latest_checkpoint(directory):
    """Returns the checkpoint with the highest step in a folder, or None."""
    files = list_checkpoints(directory)
    return files[-1] if files else None
