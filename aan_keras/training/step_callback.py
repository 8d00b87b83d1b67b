"""A callback that knows the step of the whole run."""

import keras


class StepCallback(keras.callbacks.Callback):
    """Calls `on_step(step, logs)` whenever a multiple of `every` is reached.

    `fit` counts batches from zero in every epoch and every session; here steps are
    counted through the run. With `steps_per_execution` above one the first step at
    or after the multiple is used.

    Args:
        every: number of steps between two calls; 0 never calls.
        first_step: steps done before this session.
    """

    def __init__(self, every, first_step=0):
        super().__init__()
        if every < 0:
            raise ValueError(f"`every` must not be negative. Received: {every}")
        self.every = every
        self.first_step = first_step
        self.step = first_step
        self._epoch_start = first_step

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch_start = self.step

    def on_train_batch_end(self, batch, logs=None):
        previous, self.step = self.step, self._epoch_start + batch + 1
        if self.every and self.step // self.every > previous // self.every:
            self.on_step(self.step, logs or {})

    def on_step(self, step, logs):
        """Does the callback's work; subclasses fill it."""
