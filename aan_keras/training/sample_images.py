"""Callback that shows what the model makes of a fixed batch."""

import os
from pathlib import Path

import keras
import numpy as np

from aan_keras.training.step_callback import StepCallback


class SampleImages(StepCallback):
    """Writes a picture of source, driving and output rows every few steps.

    Args:
        batch: dict of a training batch; the same one is used every time.
        directory: folder for `<step>.png`.
        events: `EventLog` for TensorBoard.
        every: number of steps between two pictures.
        first_step: steps done before this session.
        max_images: columns of the picture.
    """

    def __init__(self, batch, directory, events, every, first_step=0, max_images=8):
        super().__init__(every, first_step)
        self.batch = {name: value[:max_images] for name, value in batch.items()}
        self.directory = Path(directory)
        self.events = events

    def on_step(self, step, logs):
        inputs = {name: v for name, v in self.batch.items() if name != "driving"}
        output = self.model(inputs, training=False)
        rows = [self.batch["source"], self.batch["driving"], output]
        rows = [np.concatenate(keras.ops.convert_to_numpy(row), 1) for row in rows]
        picture = np.concatenate(rows, 0)
        picture = np.clip((picture + 1) * 127.5 + 0.5, 0, 255).astype("uint8")
        encoded = self.events.image(step, "source, driving, output", picture)
        self.directory.mkdir(parents=True, exist_ok=True)
        temporary = self.directory / f"{step:08d}.png.partial"
        temporary.write_bytes(encoded)
        os.replace(temporary, self.directory / f"{step:08d}.png")
