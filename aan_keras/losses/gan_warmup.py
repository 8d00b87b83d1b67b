"""When the GAN loss joins the training."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="aan_keras")
class GANWarmup:
    """Share of the GAN loss by step: zero, then a linear rise to one.

    A generator that can't paint a face yet learns nothing from discriminators, and they
    learn to win. So they may start late, look on for a while before the generator hears
    of it, and then count for more and more. It depends on the step alone, hence a
    resumed run is at the right place.

    Args:
        start: step from which on the share rises.
        ramp_steps: length of the rise; 0 begins with the full weight.
        lead: the discriminators train this many steps before `start` already. Before
            that a step is as cheap as one without them.

    Example:

    >>> warmup = GANWarmup(start=1000, ramp_steps=500, lead=200)
    >>> [float(warmup(step)) for step in (999, 1249, 1499)]
    [0.0, 0.5, 1.0]
    """

    def __init__(self, start=0, ramp_steps=0, lead=0):
        if min(start, ramp_steps, lead) < 0:
            raise ValueError(
                "`start`, `ramp_steps` and `lead` must not be negative. Received: "
                f"start={start}, ramp_steps={ramp_steps}, lead={lead}"
            )
        self.start = start
        self.ramp_steps = ramp_steps
        self.lead = lead

    @property
    def first_step(self):
        """Steps before this one need no discriminators."""
        return max(self.start - self.lead, 0)

    def __call__(self, step):
        """Share of the GAN weight in the step after `step` others, float32."""
        done = ops.cast(step, "float32") + 1.0 - self.start
        return ops.clip(done / max(self.ramp_steps, 1), 0.0, 1.0)

    def get_config(self):
        return {
            "start": self.start,
            "ramp_steps": self.ramp_steps,
            "lead": self.lead,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**config)
