"""Presets as good as several training runs together."""

import math

import numpy as np

from aan_keras.models.preset import load_preset, named_variables


def average_presets(cls, presets, shares=None, **overrides):
    """A model whose weights are the mean of presets' weights.

    What runs that began at the same weights have learned alike stays, and what only one
    of them has, mostly its noise, gets less.

    Args:
        cls: the model class.
        presets: names or folders of presets of one configuration.
        shares: number for each preset; all alike if None.
        **overrides: constructor arguments, see `load_preset`.

    Returns:
        The model, with the first preset's configuration.

    Raises:
        ValueError: no presets, as many shares as there are not presets, shares that
            can't be, or sum to nothing, or weights that do not fit each other.

    Reference:
        Wortsman et al., "Model soups: averaging weights of multiple fine-tuned models
        improves accuracy without increasing inference time", ICML 2022.
    """
    shares = [1.0] * len(presets) if shares is None else list(shares)
    if not presets or len(shares) != len(presets):
        raise ValueError(
            "A mean needs presets, and a share for each. Received: "
            f"{len(presets)} presets, {len(shares)} shares"
        )
    if not all(0 <= share < math.inf for share in shares) or not any(shares):
        raise ValueError(
            f"Shares must be finite and not negative, nor all be 0. Received: {shares}"
        )
    models = [load_preset(cls, preset, **overrides) for preset in presets]
    weights = [named_variables(model) for model in models]
    shapes = [{name: tuple(v.shape) for name, v in each.items()} for each in weights]
    if any(each != shapes[0] for each in shapes):
        raise ValueError(
            "Presets of different configurations have no mean. "
            f"Received: {', '.join(map(str, presets))}"
        )
    for name, variable in weights[0].items():
        values = [np.asarray(each[name].value, "float64") for each in weights]
        mean = np.average(values, axis=0, weights=shares)
        variable.assign(mean.astype("float32"))
    return models[0]
