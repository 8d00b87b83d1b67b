"""One training run with JAX, from scratch or from where it stopped."""

import json
import os
import threading
import time
from pathlib import Path

import jax
import keras
import numpy as np

from aan_keras.data.open_clips import open_clips
from aan_keras.data.pair_augmentation import PairAugmentation
from aan_keras.data.pair_sampler import PairSampler
from aan_keras.data.split import divide_identities
from aan_keras.losses.gan_warmup import GANWarmup
from aan_keras.training.json_file import write_json
from aan_keras.training.make_optimizers import make_schedules
from aan_keras.training.progress_lines import ProgressLines
from aan_keras.training.restore import check_people
from aan_keras.training.with_jax.batch_workers import BatchWorkers
from aan_keras.training.with_jax.compiled_programs import compiled_programs
from aan_keras.training.with_jax.csv_log import CSVLog
from aan_keras.training.with_jax.held_out import HeldOut
from aan_keras.training.with_jax.jax_step import JaxStep
from aan_keras.training.with_jax.state_file import (
    check_state,
    latest_state,
    load_state,
    save_state,
)


def jax_train(
    reenactor,
    data,
    output_dir,
    steps,
    batch_size=32,
    *,
    losses,
    seed=0,
    validation=(6, 12),
    augment=True,
    dataset_options=None,
    ema_decay=0.999,
    generator_learning_rate=2e-5,
    discriminator_learning_rate=1e-5,
    warmup_steps=0,
    decay_fraction=0.0,
    optimizer="adam",
    beta_1=0.5,
    beta_2=0.999,
    clip_norm=None,
    gan_warmup=None,
    checkpoint_every=1000,
    log_every=100,
    stop_after=None,
    processes=None,
    report=None,
    on_begin=None,
):
    """Trains a `Reenactor` with JAX; started again with the same arguments, goes on.

    Losses, pairs, augmentations, schedules and averages are those of
    `aan_keras.training.train`. The step is compiled as a whole by XLA, the pairs are
    made by processes, and TensorFlow need not be installed. One device.

    The output folder holds `checkpoints/` (the last two), `preset/` (what
    `Reenactor.from_preset` loads, as of the last checkpoint), `log.csv` (with the
    figures of `HeldOut` at every checkpoint), `run.json` and `compiled/`, the step as
    XLA compiled it, which may be deleted.

    Args:
        reenactor: `Reenactor`, made while Keras runs on JAX.
        data: see `aan_keras.data.load_dataset`.
        output_dir: folder of the run.
        steps: length of the whole run. May be changed when resuming.
        batch_size: pairs a step. The same when resuming.
        losses: `ReenactmentLoss`.
        seed, validation, augment, dataset_options: see `train`.
        ema_decay, generator_learning_rate, discriminator_learning_rate, warmup_steps,
            decay_fraction, optimizer, beta_1, beta_2, clip_norm, gan_warmup: see
            `train`.
        checkpoint_every: steps between checkpoints; a multiple of `log_every`.
        log_every: steps between rows of the log.
        stop_after: seconds after which the run stops with a checkpoint, at the next
            row of the log; None: when it is complete.
        processes: number of processes that make the pairs. Defaults to one less than
            there are processors.
        report: callable that takes a line of text.
        on_begin: called once it is known that the run can begin.

    Returns:
        The number of steps done in the whole run.
    """
    begun = time.monotonic()
    if steps < 1 or log_every < 1 or checkpoint_every % log_every:
        raise ValueError(
            "`steps` and `log_every` must be positive and `checkpoint_every` a "
            f"multiple of `log_every`. Received: steps={steps}, log_every={log_every}, "
            f"checkpoint_every={checkpoint_every}"
        )
    output_dir = Path(output_dir)
    gan_warmup = gan_warmup or GANWarmup()
    trainer = JaxStep(
        reenactor, losses, ema_decay, clip_norm, optimizer, beta_1, beta_2
    )
    run = {"seed": seed, "batch_size": batch_size, "image_size": reenactor.image_size}
    state, step = _restore(trainer.initial_state(), output_dir, run)
    if step >= steps:
        return step
    first_judged = gan_warmup.first_step if losses.gan_weight else steps
    generator_rate, discriminator_rate = make_schedules(
        steps,
        generator_learning_rate,
        discriminator_learning_rate,
        first_judged,
        warmup_steps,
        decay_fraction,
    )
    names, others = divide_identities(data, validation)
    if step:
        check_people(output_dir / "run.json", names, others)
    pairs = dataset_options or {}
    animated = pairs.get("animated_fraction", 0.0) > 0
    clips = open_clips(data, names, animated=animated)
    held_out = _held_out(data, others, reenactor.image_size)
    if augment is True:
        augment = PairAugmentation()
    log = CSVLog(output_dir / "log.csv", step)
    lines = ProgressLines(steps, log_every, step, report or (lambda line: None))
    lines.on_train_begin()
    # In the run's folder, which is what a session on another machine has of this one.
    with (
        compiled_programs(output_dir / "compiled"),
        BatchWorkers(
            clips,
            PairSampler(clips, **pairs),
            augment or None,
            reenactor.image_size,
            batch_size,
            seed,
            step,
            processes or max(1, (os.cpu_count() or 2) - 1),
        ) as batches,
    ):
        batch = jax.device_put(next(batches))
        if on_begin is not None:
            on_begin()
        output_dir.mkdir(parents=True, exist_ok=True)
        run.update(
            steps=steps, model=reenactor.get_config(), losses=losses.get_config()
        )
        run.update(identities=names, validation_identities=others)
        write_json(output_dir / "run.json", run)
        later = _compile(
            trainer, state, batch, step >= first_judged, first_judged < steps
        )
        values, since = [], time.monotonic()
        while step < steps:
            judging = step >= first_judged
            if judging and later is not None:
                later.join()
                later = None
            # The discriminators' begins when they do.
            step_rates = [
                float(generator_rate(step)),
                float(discriminator_rate(max(step - first_judged, 0))),
            ]
            share = float(gan_warmup(step)) if judging else 0.0
            state, step_values = trainer.step(state, batch, step_rates, share, judging)
            values.append(step_values)
            step += 1
            lines.on_train_batch_end(step - lines.first_step - 1, step_values)
            if step < steps:
                # While the device works on the step.
                batch = jax.device_put(next(batches))
            if step % log_every and step < steps:
                continue
            row = {"step": step, **_means(values), "learning_rate": step_rates[0]}
            row["seconds_per_step"] = (time.monotonic() - since) / len(values)
            if not np.isfinite([v for k, v in row.items() if k != "step"]).all():
                raise FloatingPointError(
                    f"a loss is not finite at step {step}: nothing of it was saved; go "
                    f"on from the last checkpoint with a lower learning rate. {row}"
                )
            late = stop_after is not None and time.monotonic() - begun > stop_after
            if step % checkpoint_every == 0 or step == steps or late:
                # A preset has part of the state only.
                check_state(state, step)
                row.update(_measure(trainer, state, held_out))
                trainer.assign(state)
                reenactor.save_to_preset(output_dir / "preset")
                save_state(state, output_dir / "checkpoints", step)
            log.write(row)
            if late:
                break
            values, since = [], time.monotonic()
    return step


def _restore(state, output_dir, run):
    path = latest_state(output_dir / "checkpoints")
    if path is None:
        return state, 0
    before = json.loads((output_dir / "run.json").read_text())
    for name, value in run.items():
        if before[name] != value:
            raise ValueError(
                f"The run in {output_dir} has {name} {before[name]}: go on with "
                f"that, or choose another folder. Received: {name}={value}"
            )
    return load_state(path, state)


def _held_out(data, names, image_size):
    if not names:
        return None
    videos = [clip for clip in open_clips(data, names) if not clip.is_photo_set]
    return HeldOut(videos, image_size) if videos else None


def _compile(trainer, state, batch, judging, both):
    """Compiles the next step; the other phase's in a thread, while the first trains."""
    shapes = keras.tree.map_structure(_shape, state)
    trainer.compile(shapes, batch, judging)
    if judging or not both:
        return None
    # Not a daemon: a process that ends while XLA compiles is aborted.
    thread = threading.Thread(target=trainer.compile, args=(shapes, batch, True))
    thread.start()
    return thread


def _shape(array):
    return jax.ShapeDtypeStruct(array.shape, array.dtype)


def _means(values):
    values = jax.device_get(values)
    return {name: float(np.mean([v[name] for v in values])) for name in values[0]}


def _measure(trainer, state, held_out):
    if held_out is None:
        return {}
    measured = held_out.measure(trainer.generate(state, held_out.inputs))
    return {f"val_{name}": value for name, value in measured.items()}
