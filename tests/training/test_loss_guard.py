import csv
import json

import keras
import numpy as np
import pytest

from aan_keras.training import LossGuard, TrainingLog, load_checkpoint, train

from .tiny_gan import TinyGAN, compiled_tiny_gan


def guard_and_log(tmp_path, growth=20.0, model=None, rows=6, **values):
    """A guard after some rows of a loss of 0.5 in the log."""
    log = TrainingLog(tmp_path / "log.csv", 1)
    guard = LossGuard(log, growth, tmp_path)
    for callback in (guard, log):
        callback.set_model(model or compiled_tiny_gan())
        callback.on_train_begin()
        callback.on_epoch_begin(0)
    for batch in range(rows):
        feed(guard, log, batch, l1=0.5, **values)
    return guard, log


def feed(guard, log, batch, **logs):
    logs = {"loss": 1.0, **logs}
    for callback in (guard, log):
        callback.on_train_batch_end(batch, logs)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_named_with_its_step(tmp_path, value):
    guard, log = guard_and_log(tmp_path)
    (tmp_path / "step_00000004.npz").touch()
    with pytest.raises(FloatingPointError) as error:
        feed(guard, log, 6, loss=np.nan, d_loss=value)
    message = str(error.value)
    assert f"`d_loss` is {value} at step 7; the last good checkpoint is" in message
    assert "step_00000004.npz" in message and "\n" not in message
    assert log.column("loss") == [1.0] * 6


def test_the_total_is_named_if_it_alone_is_bad_and_nothing_was_saved(tmp_path):
    guard, log = guard_and_log(tmp_path, rows=0)
    with pytest.raises(
        FloatingPointError, match="`loss` is inf at step 1; there is no"
    ):
        feed(guard, log, 0, loss=np.inf)


def test_an_exploding_loss_is_measured_by_its_own_rows(tmp_path):
    guard, log = guard_and_log(tmp_path, gradient_norm=0.1)
    # Joining late, like the GAN loss, is no explosion; nor is the total that has it.
    feed(guard, log, 6, l1=9.9, loss=100.0, gan=50.0, gradient_norm=90.0)
    with pytest.raises(FloatingPointError, match="`l1` explodes: 10.1 .* up to 8, usu"):
        feed(guard, log, 7, l1=10.1)


def test_growth_may_be_allowed(tmp_path):
    guard, log = guard_and_log(tmp_path, growth=None)
    feed(guard, log, 6, l1=1e9)
    with pytest.raises(ValueError, match="Received: growth=1"):
        LossGuard(log, 1)


def test_too_few_rows_say_nothing(tmp_path):
    guard, log = guard_and_log(tmp_path, rows=4)
    feed(guard, log, 4, l1=1e9)


def test_a_loss_scale_below_one_stops(tmp_path):
    model = TinyGAN()
    scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(1e-2))
    model.compile(keras.optimizers.Adam(1e-2), scaled)
    guard, log = guard_and_log(tmp_path, model=model)
    scaled.dynamic_scale.assign(0.5)
    with pytest.raises(FloatingPointError, match="gradients of the discriminator over"):
        feed(guard, log, 6, l1=0.5)


class Spike(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that ruins the weights in one step."""

    def __init__(self, step):
        self.step = step

    def __call__(self, step):
        return keras.ops.where(step + 1 == self.step, np.inf, 1e-3)

    def get_config(self):
        return {"step": self.step}


@pytest.mark.parametrize(
    ("rate", "d_rate", "message"),
    [
        # Its loss, of the weights before, is fine; the checkpoint would not be.
        (Spike(4), 1e-2, r"training stopped: model/.* is not finite, so step 4 was"),
        # Nor is it of use that the preset, which lacks the discriminator, would be.
        (1e-3, Spike(4), r"training stopped: model/.* is not finite, so step 4 was"),
        (Spike(3), 1e-2, r"`loss` is nan at step 4; .* checkpoint is .*step_00000002"),
    ],
)
def test_a_run_stops_and_what_was_good_stays(faces, tmp_path, rate, d_rate, message):
    model = TinyGAN()
    model.compile(keras.optimizers.Adam(rate), keras.optimizers.SGD(d_rate))
    with pytest.raises(FloatingPointError, match=message):
        train(
            model,
            faces,
            tmp_path,
            steps=8,
            batch_size=1,
            validation=None,
            log_every=1,
            checkpoint_every=2,
            images_every=0,
            verbose=0,
        )
    (checkpoint,) = (tmp_path / "checkpoints").iterdir()
    assert checkpoint.name == "step_00000002.npz"
    assert load_checkpoint(model, checkpoint)["step"] == 2
    assert all(np.isfinite(v).all() for v in model.get_weights())
    assert json.loads((tmp_path / "preset/config.json").read_text())["step"] == 2
    with open(tmp_path / "log.csv", newline="") as file:
        assert all(np.isfinite(float(r["loss"])) for r in csv.DictReader(file))
