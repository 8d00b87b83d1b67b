"""The two optimizers of a run."""

import keras

from aan_keras.training.constant_then_decay import ConstantThenDecay
from aan_keras.training.conv_muon import ConvMuon

_GENERATORS = {"adam": keras.optimizers.Adam, "muon": ConvMuon}


def make_optimizers(
    steps,
    generator_learning_rate,
    discriminator_learning_rate,
    first_judged_step=0,
    warmup_steps=0,
    decay_fraction=0.0,
    optimizer="adam",
    **adam_options,
):
    """Makes both optimizers, each with `ConstantThenDecay`.

    Args:
        steps: length of the run.
        generator_learning_rate, discriminator_learning_rate: plateaus.
        first_judged_step: steps of the run before the discriminators' first. Their
            optimizer counts its own steps, and both decay at the same time.
        warmup_steps: first steps of each in which the rate rises.
        decay_fraction: last share of `steps` in which the rates fall to zero.
        optimizer: the generator's, `"adam"` or `"muon"`, which is `ConvMuon`; the
            discriminators' is Adam.
        **adam_options: of both.

    Returns:
        `(generator_optimizer, discriminator_optimizer)`.
    """
    schedules = make_schedules(
        steps,
        generator_learning_rate,
        discriminator_learning_rate,
        first_judged_step,
        warmup_steps,
        decay_fraction,
    )
    makers = generator_optimizer(optimizer), keras.optimizers.Adam
    return tuple(make(s, **adam_options) for make, s in zip(makers, schedules))


def make_schedules(
    steps,
    generator_learning_rate,
    discriminator_learning_rate,
    first_judged_step=0,
    warmup_steps=0,
    decay_fraction=0.0,
):
    """Makes the learning rates of `make_optimizers`, which explains the arguments.

    Returns:
        The generator's and the discriminators' `ConstantThenDecay`. The second counts
        from `first_judged_step` on.

    Raises:
        ValueError: `decay_fraction` is no share.
    """
    # A larger one would be cut as the discriminators' is, below.
    if not 0 <= decay_fraction <= 1:
        raise ValueError(
            "`decay_fraction` must be in [0, 1]. Received: "
            f"decay_fraction={decay_fraction}"
        )
    schedules = []
    for rate, begin in (
        (generator_learning_rate, 0),
        (discriminator_learning_rate, first_judged_step),
    ):
        left = max(steps - begin, 1)
        decay = min(decay_fraction * steps / left, 1.0)
        schedules.append(ConstantThenDecay(rate, left, warmup_steps, decay))
    return tuple(schedules)


def generator_optimizer(name):
    """The class of the generator's optimizer: `"adam"` or `"muon"`."""
    if name not in _GENERATORS:
        raise ValueError(
            f"`optimizer` must be one of {sorted(_GENERATORS)}. Received: "
            f"optimizer={name}"
        )
    return _GENERATORS[name]
