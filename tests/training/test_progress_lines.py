import re

import keras
import numpy as np
import pytest

from aan_keras.training import progress_lines
from aan_keras.training.progress_lines import ProgressLines


class Clock:
    """Time passes when the test says so."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(progress_lines, "time", clock)
    return clock


def run(callback, clock, seconds, loss=0.5):
    callback.on_train_begin()
    callback.on_epoch_begin(0)
    for batch, duration in enumerate(seconds):
        clock.now += duration
        callback.on_train_batch_end(batch, {"loss": loss})


def test_lines(clock):
    lines = []
    run(ProgressLines(8, 4, report=lines.append), clock, [20, 1, 1, 1, 2, 2, 2, 2])
    assert lines == [
        "step 1 of 8, loss 0.5, begun in 20 s",
        "step 4 of 8, loss 0.5, 1 s a step, 4 s left",
        "step 8 of 8, loss 0.5, 1.6 s a step, 0 s left",
    ]


def test_resumed_run_counts_on(clock):
    lines = []
    callback = ProgressLines(10_000, 100, first_step=98, report=lines.append)
    run(callback, clock, [3, 2.0, 2.0])
    assert lines == [
        "step 99 of 10000, loss 0.5, begun in 3 s",
        "step 100 of 10000, loss 0.5, 2 s a step, 5 h 30 min left",
    ]


def test_slow_steps_are_not_silent(clock):
    lines = []
    run(ProgressLines(100, 50, report=lines.append), clock, [9, 20, 20, 20, 20])
    assert [int(re.search(r"\d+", line).group()) for line in lines] == [1, 3, 5]
    assert lines[-1].endswith("20 s a step, 31 min 40 s left")


def test_in_fit():
    lines = []
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    data = np.ones((6, 1), "float32")
    callback = ProgressLines(6, 3, report=lines.append)
    model.fit(data, data, batch_size=1, callbacks=[callback], verbose=0)
    assert [line.split(",")[0] for line in lines] == [
        "step 1 of 6",
        "step 3 of 6",
        "step 6 of 6",
    ]
