"""The two optimizers of a run."""

import keras

from aan_keras.training.constant_then_decay import ConstantThenDecay


def make_optimizers(
    steps,
    generator_learning_rate,
    discriminator_learning_rate,
    first_judged_step=0,
    warmup_steps=0,
    decay_fraction=0.0,
    **adam_options,
):
    """Makes generator's and discriminators' Adam, each with `ConstantThenDecay`.

    Args:
        steps: length of the run.
        generator_learning_rate, discriminator_learning_rate: plateaus.
        first_judged_step: steps of the run before the discriminators' first. Their
            optimizer counts its own steps, and both decay at the same time.
        warmup_steps: first steps of each in which the rate rises.
        decay_fraction: last share of `steps` in which the rates fall to zero.
        **adam_options: of both.

    Returns:
        `(generator_optimizer, discriminator_optimizer)`.
    """
    optimizers = []
    for rate, begin in (
        (generator_learning_rate, 0),
        (discriminator_learning_rate, first_judged_step),
    ):
        left = max(steps - begin, 1)
        decay = min(decay_fraction * steps / left, 1.0)
        schedule = ConstantThenDecay(rate, left, warmup_steps, decay)
        optimizers.append(keras.optimizers.Adam(schedule, **adam_options))
    return tuple(optimizers)
