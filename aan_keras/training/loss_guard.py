"""Callback that stops a run that has gone wrong."""

import math
import statistics

from aan_keras.training.checkpoint import latest_checkpoint, model_optimizers
from aan_keras.training.step_callback import StepCallback

# Rows of the log from which the usual size of a loss is known.
_ROWS = 5


class LossGuard(StepCallback):
    """Stops a run whose losses or gradients are no longer numbers, or explode.

    It looks at every step's values, the norms of the gradients among them, which are
    not finite a step before the weights spoil the losses. Every few steps it compares
    the mean of each loss since the last row of the log with the median of its rows.
    It stands before the callbacks that write, so nothing bad is logged or saved;
    `save_checkpoint` looks at the weights themselves.

    With a loss scaler (mixed_float16) gradients that overflow are left out and the
    scale is halved, as it should be; a scale below one says that all of them do.

    Args:
        log: the run's `TrainingLog`.
        growth: how many times its usual size a loss may be; None: any.
        checkpoints: folder of the checkpoints, named in the message.
    """

    def __init__(self, log, growth=20.0, checkpoints=None):
        super().__init__(log.every, log.first_step)
        if growth is not None and growth <= 1:
            raise ValueError(f"`growth` must exceed 1. Received: growth={growth}")
        self.log = log
        self.growth = growth
        self.checkpoints = checkpoints

    def on_train_begin(self, logs=None):
        self._scalers = {
            name: optimizer
            for name, optimizer in model_optimizers(self.model).items()
            if hasattr(optimizer, "dynamic_scale")
        }

    def on_train_batch_end(self, batch, logs=None):
        logs = {name: float(value) for name, value in (logs or {}).items()}
        bad = [name for name, value in logs.items() if not math.isfinite(value)]
        if bad:
            # The total is bad whenever a part of it is.
            name = next((name for name in bad if name != "loss"), "loss")
            step = self._epoch_start + batch + 1
            self._stop(f"`{name}` is {logs[name]} at step {step}")
        super().on_train_batch_end(batch, logs)

    def on_step(self, step, logs):
        for name, optimizer in self._scalers.items():
            scale = float(optimizer.dynamic_scale)
            if scale < 1.0:
                self._stop(
                    f"all gradients of the {name} overflow, at step {step} even with a "
                    f"loss scale of {scale:g}"
                )
        if self.growth is None:
            return
        for name, value in logs.items():
            # The total grows when the GAN loss joins it; a gradient may be clipped.
            if name == "loss" or name.endswith("gradient_norm"):
                continue
            past = self.log.column(name)
            if len(past) < _ROWS:
                continue
            usual = statistics.median(past)
            if value > self.growth * usual > 0:
                self._stop(
                    f"`{name}` explodes: {value:.4g} over the steps up to {step}, "
                    f"usually {usual:.4g}"
                )

    def _stop(self, what):
        checkpoint = self.checkpoints and latest_checkpoint(self.checkpoints)
        kept = f"the last good checkpoint is {checkpoint}"
        if checkpoint is None:
            kept = "there is no good checkpoint yet"
        raise FloatingPointError(
            f"training stopped: {what}; {kept}. Lower the learning rate, or the weight "
            "of this loss"
        )
