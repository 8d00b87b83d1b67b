"""One training run with JAX, from scratch or from where it stopped."""

import csv
import os
import threading
import time
from pathlib import Path

import jax
import numpy as np

from aan_keras.data.open_clips import open_clips
from aan_keras.data.pair_augmentation import PairAugmentation
from aan_keras.data.pair_sampler import PairSampler
from aan_keras.data.split import split_identities
from aan_keras.jax_training.batch_workers import BatchWorkers
from aan_keras.jax_training.held_out import HeldOut
from aan_keras.jax_training.jax_step import JaxStep
from aan_keras.jax_training.state_file import latest_state, load_state, save_state
from aan_keras.losses.gan_warmup import GANWarmup
from aan_keras.training.constant_then_decay import ConstantThenDecay


def jax_train(
    reenactor,
    data,
    output_dir,
    steps,
    batch_size=32,
    *,
    losses,
    stop_after=None,
    seed=0,
    validation=(6, 12),
    augment=True,
    dataset_options=None,
    ema_decay=0.999,
    generator_learning_rate=2e-5,
    discriminator_learning_rate=1e-5,
    warmup_steps=0,
    decay_fraction=0.0,
    beta_1=0.5,
    beta_2=0.999,
    clip_norm=None,
    gan_warmup=None,
    checkpoint_every=1000,
    log_every=100,
    processes=None,
    report=None,
):
    """Trains a `Reenactor` with JAX; started again with the same arguments, goes on.

    The losses, pairs, augmentations, schedules and averages are those of
    `aan_keras.training.train`. The step is compiled as a whole by XLA, data come from
    processes, and TensorFlow need not be installed. One device.

    The output folder holds `checkpoints/` (the last two), `preset/` (as of the last
    checkpoint), `log.csv` with the held-out figures of every checkpoint, and `run.json`.

    Args:
        reenactor: `Reenactor`, made under the JAX backend of Keras.
        data: see `aan_keras.data.load_dataset`.
        output_dir: folder of the run.
        steps: length of the whole run. May be changed when resuming.
        batch_size: pairs a step.
        losses: `ReenactmentLoss`.
        stop_after: seconds after which this session of the run is ended with a
            checkpoint; None: when the run is complete.
        seed, validation, augment, dataset_options, ema_decay: see `train`.
        generator_learning_rate, discriminator_learning_rate, warmup_steps,
            decay_fraction, beta_1, beta_2, clip_norm, gan_warmup: see `train`.
        checkpoint_every: steps between checkpoints; a multiple of `log_every`.
        log_every: steps between rows of the log.
        processes: that make the pairs. Defaults to all processors but one.
        report: callable that takes a line of text.

    Returns:
        The number of steps done in the whole run.
    """
    started = time.perf_counter()
    if jax.default_backend() == "cpu" and processes is None:
        processes = 1
    processes = processes or max(1, (os.cpu_count() or 2) - 1)
    report = report or (lambda line: None)
    if steps < 1 or log_every < 1 or checkpoint_every % log_every:
        raise ValueError(
            "`steps` and `log_every` must be positive and `checkpoint_every` a "
            f"multiple of `log_every`. Received: steps={steps}, log_every={log_every}, "
            f"checkpoint_every={checkpoint_every}"
        )
    output_dir = Path(output_dir)
    gan_warmup = gan_warmup or GANWarmup()
    trainer = JaxStep(reenactor, losses, ema_decay, clip_norm, beta_1, beta_2)
    state, step = trainer.initial_state(), 0
    checkpoint = latest_state(output_dir / "checkpoints")
    if checkpoint:
        state, step = load_state(checkpoint, state)
    if step >= steps:
        return step
    rates = [
        ConstantThenDecay(rate, steps, warmup_steps, decay_fraction)
        for rate in (generator_learning_rate, discriminator_learning_rate)
    ]
    names, held_out = split_identities(data, validation)
    clips = open_clips(data, names)
    augment = _augmentation(augment)
    videos = [clip for clip in open_clips(data, held_out) if not clip.is_photo_set]
    held_out = HeldOut(videos, reenactor.image_size) if videos else None
    log = _Log(output_dir / "log.csv", step)
    batches = BatchWorkers(
        clips,
        PairSampler(clips, **(dataset_options or {})),
        augment,
        reenactor.image_size,
        batch_size,
        seed,
        step,
        processes,
    )
    with batches:
        batch = jax.device_put(next(batches))
        judged = bool(losses.gan_weight)
        first_judged = gan_warmup.first_step if judged else steps
        # The other graph is compiled while the first one trains.
        thread = None
        if first_judged > step:
            trainer.compile(state, batch, False)
            shapes = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), state)
            if judged:
                thread = threading.Thread(
                    target=trainer.compile, args=(shapes, batch, True), daemon=True
                )
                thread.start()
        else:
            trainer.compile(state, batch, True)
        report(f"compiled after {time.perf_counter() - started:.0f} s")
        values, begun = [], time.perf_counter()
        while step < steps:
            judging = step >= first_judged
            if judging and thread is not None:
                thread.join()
                thread = None
            step_rates = [float(rate(step)) for rate in rates]
            share = float(gan_warmup(step)) if judging else 0.0
            state, losses_now = trainer.step(state, batch, step_rates, share, judging)
            values.append(losses_now)
            step += 1
            batch = jax.device_put(next(batches))
            if step % log_every and step < steps:
                continue
            means = _means(values)
            now = time.perf_counter()
            row = {
                "step": step,
                **means,
                "learning_rate": step_rates[0],
                "seconds_per_step": (now - begun) / len(values),
            }
            if not np.isfinite(means["loss"]):
                raise FloatingPointError(f"the loss is not finite at step {step}")
            late = stop_after is not None and now - started > stop_after
            if step % checkpoint_every == 0 or step == steps or late:
                if held_out is not None:
                    images = trainer.generate(state, held_out.inputs)
                    measured = held_out.measure(images)
                    row.update({f"val_{k}": v for k, v in measured.items()})
                trainer.assign(state)
                reenactor.save_to_preset(output_dir / "preset")
                save_state(state, output_dir / "checkpoints", step)
            log.write(row)
            report(" ".join(f"{k} {v:.4g}" for k, v in row.items()))
            if late:
                break
            values, begun = [], time.perf_counter()
    return step


def _augmentation(augment):
    if augment is True:
        return PairAugmentation()
    return None if augment is False else augment


def _means(values):
    values = jax.device_get(values)
    return {name: float(np.mean([v[name] for v in values])) for name in values[-1]}


class _Log:
    """Rows of a CSV file; those of steps that a resumed run does again are dropped."""

    def __init__(self, path, first_step):
        self.path = path
        self.rows = []
        if path.exists():
            with open(path, newline="") as file:
                rows = csv.DictReader(file)
                self.rows = [r for r in rows if int(r["step"]) <= first_step]

    def write(self, row):
        self.rows.append(
            {k: v if k == "step" else f"{v:.6g}" for k, v in row.items()}
        )
        names = list(dict.fromkeys(name for r in self.rows for name in r))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_name(self.path.name + ".partial")
        with open(temporary, "w", newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(self.rows)
        os.replace(temporary, self.path)
