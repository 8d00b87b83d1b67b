"""Learning rate: warm-up, plateau, linear decay."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="aan_keras")
class ConstantThenDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises linearly, stays, and falls linearly to zero.

    It depends on the step alone, so a resumed run may be given another
    `total_steps`: the decay then moves to the new end.

    Args:
        learning_rate: the rate of the plateau.
        total_steps: length of the run.
        warmup_steps: length of the rise from zero; the first step has the rate
            `learning_rate / warmup_steps`.
        decay_fraction: share of `total_steps` at the end in which the rate falls.

    Example:

    >>> schedule = ConstantThenDecay(4e-4, total_steps=20000, decay_fraction=0.3)
    >>> optimizer = keras.optimizers.Adam(schedule)
    """

    def __init__(self, learning_rate, total_steps, warmup_steps=0, decay_fraction=0.0):
        if total_steps < 1 or warmup_steps < 0 or not 0 <= decay_fraction <= 1:
            raise ValueError(
                "`total_steps` must be positive, `warmup_steps` not negative and "
                "`decay_fraction` in [0, 1]. Received: "
                f"total_steps={total_steps}, warmup_steps={warmup_steps}, "
                f"decay_fraction={decay_fraction}"
            )
        self.learning_rate = learning_rate
        self.total_steps = total_steps
        self.warmup_steps = warmup_steps
        self.decay_fraction = decay_fraction

    def __call__(self, step):
        step = ops.cast(step, "float32")
        rise = (step + 1) / max(self.warmup_steps, 1)
        factor = ops.minimum(rise, 1.0)
        if self.decay_fraction:
            fall = (self.total_steps - step) / (self.decay_fraction * self.total_steps)
            factor = ops.minimum(factor, ops.maximum(fall, 0.0))
        return self.learning_rate * factor

    def get_config(self):
        return {
            "learning_rate": self.learning_rate,
            "total_steps": self.total_steps,
            "warmup_steps": self.warmup_steps,
            "decay_fraction": self.decay_fraction,
        }
