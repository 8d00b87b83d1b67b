"""Presets: a folder of `config.json` and `weights.npz`, nothing executable."""

import hashlib
import json
import os
from pathlib import Path

import numpy as np

PRESETS = Path(__file__).resolve().parent.parent / "presets"


def save_preset(model, path, dtype="float16"):
    """Writes a model as a preset folder.

    The weights are those that inference uses (moving averages where there are any).
    Each file is written beside its place and renamed.

    Args:
        model: `Reenactor` or `LandmarkTransformer`.
        path: folder; created if missing.
        dtype: of the weights in the file.

    Raises:
        FloatingPointError: a weight is not finite in `dtype`; nothing is written.
    """
    path = Path(path)
    pairs = getattr(model, "average_pairs", ())
    averages = {id(variable): average for variable, average in pairs}
    # What is too large is refused below, by name.
    with np.errstate(over="ignore"):
        arrays = {
            name: np.asarray(averages.get(id(variable), variable).value, dtype)
            for name, variable in named_variables(model).items()
        }
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise FloatingPointError(
                f"{name} is not finite, or too large for {dtype}, so no preset was "
                f"written to {path}"
            )
    path.mkdir(parents=True, exist_ok=True)
    temporary = path / "weights.npz.partial"
    with open(temporary, "wb") as file:
        np.savez_compressed(file, **arrays)
    digest = hashlib.sha256(temporary.read_bytes()).hexdigest()
    os.replace(temporary, path / "weights.npz")
    config = dict(model.get_config())
    for key in ("dtype", "name", "trainable", "frozen"):
        config.pop(key, None)
    content = {
        "model": type(model).__name__,
        "config": config,
        "weights_sha256": digest,
    }
    temporary = path / "config.json.partial"
    temporary.write_text(json.dumps(content, indent=2) + "\n")
    os.replace(temporary, path / "config.json")


def load_preset(cls, preset, **overrides):
    """Builds a model from a preset.

    Args:
        cls: the model class.
        preset: name of a shipped preset, or path of a preset folder.
        **overrides: constructor arguments that replace the preset's, for example
            `image_size` (weights fit every image size).

    Returns:
        The model.

    Raises:
        ValueError: unknown preset, another kind of model, damaged configuration, or
            weights that do not match their SHA-256 or the configuration.
    """
    folder, content = read_preset(preset, cls)
    config, digest = content["config"], content["weights_sha256"]
    weights = folder / "weights.npz"
    try:
        found = hashlib.sha256(weights.read_bytes()).hexdigest()
    except OSError as error:
        raise ValueError(
            f"Preset weights {weights} can't be read; install the package again or "
            f"save the preset again. Received: {error!r}"
        ) from error
    if found != digest:
        raise ValueError(
            f"Preset weights {weights} do not match their SHA-256 (changed or "
            f"truncated file); install the package again. Received: {found}"
        )
    model = cls(**{**config, **overrides})
    variables = named_variables(model)
    with np.load(weights, allow_pickle=False) as arrays:
        difference = sorted(set(variables) ^ set(arrays.files))
        if difference:
            raise ValueError(
                f"Preset weights {weights} do not fit the configuration. "
                f"Received: {len(difference)} unmatched names, first {difference[0]}"
            )
        for name, variable in variables.items():
            shape = arrays[name].shape
            if shape != tuple(variable.shape):
                raise ValueError(
                    f"Preset weights {weights} do not fit the configuration: `width` "
                    "and what else makes their shapes must be the preset's. Received: "
                    f"{name} of shape {shape} for {tuple(variable.shape)}"
                )
            variable.assign(arrays[name].astype("float32"))
    return model


def read_preset(preset, cls):
    """A preset's folder and what its `config.json` says; see `load_preset`."""
    folder = find_preset(preset)
    try:
        content = json.loads((folder / "config.json").read_text())
        content["config"], content["weights_sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"Preset configuration {folder / 'config.json'} is missing or damaged; "
            f"install the package again or save the preset again. Received: {error!r}"
        ) from error
    kind = content.get("model")
    if kind not in {c.__name__ for c in cls.__mro__}:
        raise ValueError(
            f"Preset {folder} is not of the kind {cls.__name__}; choose another one. "
            f"Received: {kind}"
        )
    return folder, content


def find_preset(preset):
    """Folder of a preset, by name or path."""
    for folder in (Path(preset), PRESETS / str(preset)):
        if (folder / "config.json").is_file():
            return folder
    shipped = sorted(p.parent.name for p in PRESETS.glob("*/config.json"))
    raise ValueError(
        f"There is no preset of this name or folder; shipped presets: "
        f"{', '.join(shipped) or 'none'}. Received: preset={preset}"
    )


def named_variables(model):
    """The preset's variables by a name that is the same in every process."""
    if hasattr(model, "preset_variables"):
        return model.preset_variables
    named = {}
    for net in model.generator_nets:
        parts = getattr(net, "nets", [net])
        for part in parts:
            prefix = net.name if part is net else f"{net.name}/{part.name}"
            for variable in part.weights:
                name = f"{prefix}/{variable.path}"
                if name in named:
                    raise ValueError(f"Two variables share a name. Received: {name}")
                named[name] = variable
    return named
