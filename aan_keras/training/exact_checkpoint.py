"""Callback that writes checkpoints."""

from pathlib import Path

from aan_keras.training.checkpoint import list_checkpoints, save_checkpoint
from aan_keras.training.step_callback import StepCallback


class ExactCheckpoint(StepCallback):
    """Writes a checkpoint of the whole training state every few steps.

    Unlike `keras.callbacks.BackupAndRestore` it saves in mid-epoch, holds every
    optimizer of the model, and refuses what it cannot restore completely.

    Args:
        directory: folder for `step_<step>.npz`.
        every: number of steps between two checkpoints.
        first_step: steps done before this session.
        keep: how many of the latest checkpoints to keep.
        metadata: dict to store beside the step.

    Example:

    >>> path = latest_checkpoint("run/checkpoints")
    >>> step = load_checkpoint(model, path)["step"] if path else 0
    >>> model.fit(
    ...     load_dataset("faces", 128, 8, start_step=step),
    ...     steps_per_epoch=10000 - step,
    ...     callbacks=[ExactCheckpoint("run/checkpoints", every=500, first_step=step)],
    ... )
    """

    def __init__(self, directory, every, first_step=0, keep=2, metadata=None):
        super().__init__(every, first_step)
        if keep < 1:
            raise ValueError(f"`keep` must be positive. Received: {keep}")
        self.directory = Path(directory)
        self.keep = keep
        self.metadata = dict(metadata or {})
        self._saved_step = first_step

    def on_train_begin(self, logs=None):
        self.directory.mkdir(parents=True, exist_ok=True)

    def on_step(self, step, logs):
        metadata = {**self.metadata, "step": step}
        save_checkpoint(
            self.model, self.directory / f"step_{step:08d}.npz", metadata=metadata
        )
        self._saved_step = step
        for old in list_checkpoints(self.directory)[: -self.keep]:
            old.unlink()

    def on_train_end(self, logs=None):
        if self.step > self._saved_step:
            self.on_step(self.step, logs)
