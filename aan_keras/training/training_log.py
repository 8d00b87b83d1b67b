"""Callback that writes losses and learning rates."""

import csv
import os
import time
from pathlib import Path

import keras

from aan_keras.training.checkpoint import model_optimizers
from aan_keras.training.step_callback import StepCallback


class TrainingLog(StepCallback):
    """Writes one row of means to `log.csv`, and to TensorBoard, every few steps.

    A row holds the mean of every loss since the row before, the learning rate of
    every optimizer (and its loss scale, if it has one) and the seconds per step. Rows
    beyond `first_step`, left by a session that was killed after its last checkpoint,
    are removed: steps in the file always rise.

    Args:
        path: the CSV file.
        every: number of steps between two rows.
        first_step: steps done before this session.
        events: `EventLog`, or None for no TensorBoard.
        evaluate: function that returns a dict of validation losses, or None. They are
            in columns `val_...`.
        validate_every: number of steps between two evaluations; a multiple of
            `every`.
    """

    def __init__(
        self,
        path,
        every,
        first_step=0,
        events=None,
        evaluate=None,
        validate_every=0,
    ):
        super().__init__(every, first_step)
        if every < 1 or validate_every % every:
            raise ValueError(
                "`every` must be positive and `validate_every` a multiple of it. "
                f"Received: every={every}, validate_every={validate_every}"
            )
        self.path = Path(path)
        self.events = events
        self.evaluate = evaluate
        self.validate_every = validate_every
        self._columns = []
        self._rows = []

    def column(self, name):
        """The values so far of a column, as a list of floats."""
        return [float(row[name]) for row in self._rows if row.get(name)]

    def on_train_begin(self, logs=None):
        self._logged_step, self._time = self.first_step, time.perf_counter()
        self._columns, self._rows = [], []
        if self.path.exists():
            with open(self.path, newline="") as file:
                rows = list(csv.DictReader(file))
            # The last line of a killed session may be cut off.
            rows = [row for row in rows if None not in row and None not in row.values()]
            self._rows = [row for row in rows if int(row["step"]) <= self.first_step]
        self._write_all()

    def on_step(self, step, logs):
        now = time.perf_counter()
        row = {"step": step}
        row.update({name: float(value) for name, value in logs.items()})
        for name, optimizer in model_optimizers(self.model).items():
            rate = keras.ops.convert_to_numpy(optimizer.learning_rate)
            row[f"{name}_learning_rate"] = float(rate)
            if hasattr(optimizer, "dynamic_scale"):
                row[f"{name}_loss_scale"] = float(optimizer.dynamic_scale)
        row["seconds_per_step"] = (now - self._time) / (step - self._logged_step)
        if self.validate_every and step % self.validate_every == 0:
            values = self.evaluate().items()
            row.update({f"val_{name}": float(value) for name, value in values})
        self._write(row)
        # The next row is a mean of its own steps only.
        self.model.reset_metrics()
        self._logged_step, self._time = step, time.perf_counter()

    def _write(self, row):
        if self.events is not None:
            values = {name: value for name, value in row.items() if name != "step"}
            self.events.scalars(row["step"], values)
        row = {
            name: value if name == "step" else f"{value:.6g}"
            for name, value in row.items()
        }
        self._rows.append(row)
        if set(row) - set(self._columns):
            self._write_all()
            return
        with open(self.path, "a", newline="") as file:
            csv.DictWriter(file, self._columns).writerow(row)

    def _write_all(self):
        names = [name for row in self._rows for name in row]
        self._columns = list(dict.fromkeys(["step", *names]))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_name(self.path.name + ".partial")
        with open(temporary, "w", newline="") as file:
            writer = csv.DictWriter(file, self._columns)
            writer.writeheader()
            writer.writerows(self._rows)
        os.replace(temporary, self.path)
