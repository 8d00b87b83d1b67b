"""The model as inference needs it."""

import numpy as np

from aan_keras.exporting.late_heads import LateHeads
from aan_keras.models.preset import named_variables
from aan_keras.models.reenactor import Reenactor


def inference_model(reenactor, late_heads=False):
    """A copy that computes the same images with less.

    Plain convolutions of `W / sigma(W)` stand in for spectrally normalized ones, the
    gain of a zero-started head is multiplied into its kernel, the moving averages are
    the weights, and everything is float32.

    Args:
        reenactor: `aan_keras.Reenactor`, trained or not.
        late_heads: compute theta after the warp, where that is the same (see
            `LateHeads`).

    Returns:
        A new `Reenactor` with `spectral_norm=False`.
    """
    config = reenactor.get_config()
    for key in ("dtype", "name", "trainable", "frozen"):
        config.pop(key, None)
    kind = LateHeads if late_heads and LateHeads.fits(config) else Reenactor
    copy = kind(**{**config, "spectral_norm": False}, dtype="float32")
    arrays = inference_weights(reenactor)
    for name, variable in named_variables(copy).items():
        variable.assign(_folded(name, arrays))
    return copy


def inference_weights(reenactor):
    """The generator's weights that inference uses, as float32 arrays by name."""
    pairs = reenactor.average_pairs
    averages = {id(variable): average for variable, average in pairs}
    return {
        name: np.asarray(averages.get(id(variable), variable).value, "float32")
        for name, variable in named_variables(reenactor).items()
    }


def _folded(name, arrays):
    """The plain convolution's weight of this name, from `arrays` with u, v, gain."""
    value = arrays[name].astype("float64")
    layer, _, weight = name.rpartition("/")
    if weight not in ("kernel", "bias"):
        return arrays[name]
    if weight == "kernel" and f"{layer}/u" in arrays:
        # As `SpectralConv2D` does at inference: u and v are those of training.
        matrix = value.reshape(-1, value.shape[-1])
        value = value / (arrays[f"{layer}/v"] @ matrix @ arrays[f"{layer}/u"])
    gain = arrays.get(f"{layer.rpartition('/')[0]}/gain")
    return value if gain is None else value * gain
