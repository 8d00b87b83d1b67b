"""Callback that tells how far a run is."""

import time

from aan_keras.training.step_callback import StepCallback

_LONGEST_SILENCE = 30.0


class ProgressLines(StepCallback):
    """Reports step, loss, seconds a step and the time that is left.

    Lines, not a bar that is drawn over: they stay readable in a log file, in a notebook
    and in a terminal. There is one after the first step, which takes longest because
    the graph is compiled, one every few steps, and one after half a minute without.
    Seconds a step are a mean since the first one, with checkpoints and validation.

    Args:
        steps: length of the whole run.
        every: steps between two lines.
        first_step: steps done before this session.
        report: callable that takes a line of text.
    """

    def __init__(self, steps, every, first_step=0, report=print):
        super().__init__(every, first_step)
        self.steps = steps
        self.report = report
        self._begun_at = self._told_at = None
        self._told_step = first_step

    def on_train_begin(self, logs=None):
        self._begun_at = self._told_at = time.monotonic()
        self._told_step = self.first_step

    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch, logs)
        silence = time.monotonic() - self._told_at
        first = self._told_step == self.first_step < self.step
        if self._told_step < self.step and (first or silence > _LONGEST_SILENCE):
            self._tell(self.step, logs or {})

    def on_step(self, step, logs):
        self._tell(step, logs)

    def _tell(self, step, logs):
        now = time.monotonic()
        line = f"step {step} of {self.steps}"
        if "loss" in logs:
            line += f", loss {float(logs['loss']):.4g}"
        if self._told_step == self.first_step:
            line += f", begun in {now - self._begun_at:.0f} s"
            self._counted_from = step, now
        else:
            first_step, first_time = self._counted_from
            seconds = (now - first_time) / (step - first_step)
            line += f", {seconds:.2g} s a step"
            line += f", {_duration(seconds * (self.steps - step))} left"
        self._told_step, self._told_at = step, now
        self.report(line)


def _duration(seconds):
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
