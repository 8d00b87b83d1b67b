import csv

import keras
import pytest

from aan_keras.training import TrainingLog

from .tiny_gan import TinyGAN, compiled_tiny_gan


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def start(path, every=2, **arguments):
    log = TrainingLog(path, every, **arguments)
    log.set_model(compiled_tiny_gan())
    log.on_train_begin()
    log.on_epoch_begin(0)
    return log


def feed(log, steps, **values):
    for batch in range(steps):
        log.on_train_batch_end(batch, {"loss": 0.5, **values})


def test_rows_and_learning_rates(tmp_path):
    feed(start(tmp_path / "log.csv"), 5)
    content = rows(tmp_path / "log.csv")
    assert [row["step"] for row in content] == ["2", "4"]
    assert float(content[0]["loss"]) == 0.5
    assert float(content[0]["generator_learning_rate"]) == pytest.approx(1e-2)
    assert float(content[0]["discriminator_learning_rate"]) == pytest.approx(1e-2)


def test_each_row_is_the_mean_of_its_own_steps(tmp_path):
    log = start(tmp_path / "log.csv")
    tracker = log.model.loss_tracker
    for batch, value in enumerate([1.0, 3.0, 10.0, 20.0]):
        tracker.update_state(value)
        log.on_train_batch_end(batch, {"loss": tracker.result()})
    assert [float(row["loss"]) for row in rows(tmp_path / "log.csv")] == [2.0, 15.0]


def test_rows_of_a_killed_session_are_removed(tmp_path):
    path = tmp_path / "log.csv"
    feed(start(path), 8)
    with open(path, "a") as file:
        file.write("10,0.4")  # cut off in the middle of a line
    feed(start(path, first_step=4), 4, extra=2.0)
    content = rows(path)
    assert [row["step"] for row in content] == ["2", "4", "6", "8"]
    assert [row["extra"] for row in content] == ["", "", "2", "2"]


def test_columns_and_loss_scale(tmp_path):
    log = TrainingLog(tmp_path / "log.csv", 2)
    model = TinyGAN()
    scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(1e-2), 64.0)
    model.compile(keras.optimizers.Adam(1e-2), scaled)
    log.set_model(model)
    log.on_train_begin()
    log.on_epoch_begin(0)
    feed(log, 4, late=3.0)
    assert log.column("loss") == [0.5, 0.5] and log.column("nothing") == []
    (first, _) = rows(tmp_path / "log.csv")
    assert float(first["discriminator_loss_scale"]) == 64
    assert "generator_loss_scale" not in first


def test_bad_arguments(tmp_path):
    with pytest.raises(ValueError, match="Received: every=0"):
        TrainingLog(tmp_path / "log.csv", 0)
    with pytest.raises(ValueError, match="validate_every=3"):
        TrainingLog(tmp_path / "log.csv", 2, validate_every=3)
