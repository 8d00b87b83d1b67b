"""One training run, from scratch or from where it was killed."""

import functools
from pathlib import Path

from aan_keras.data import load_dataset
from aan_keras.data.split import divide_identities
from aan_keras.training.checkpoint import check_finite, latest_checkpoint
from aan_keras.training.devices import worker_of
from aan_keras.training.distributed_pairs import distributed_pairs
from aan_keras.training.exact_checkpoint import ExactCheckpoint
from aan_keras.training.fit_workers import fit_workers, make_evaluate
from aan_keras.training.json_file import write_json
from aan_keras.training.loss_guard import LossGuard
from aan_keras.training.make_optimizers import make_optimizers
from aan_keras.training.progress_lines import ProgressLines
from aan_keras.training.restore import check_people, restore
from aan_keras.training.sample_images import SampleImages
from aan_keras.training.training_log import TrainingLog


def train(
    reenactor,
    data,
    output_dir,
    steps,
    batch_size=8,
    *,
    resume=True,
    seed=0,
    validation=(6, 12),
    augment=True,
    dataset_options=None,
    losses=None,
    ema_decay=0.999,
    generator_learning_rate=2e-5,
    discriminator_learning_rate=1e-5,
    warmup_steps=0,
    decay_fraction=0.0,
    optimizer="adam",
    beta_1=0.5,
    beta_2=0.999,
    clip_norm=None,
    accumulate=1,
    gan_warmup=None,
    max_growth=20.0,
    jit_compile=False,
    deterministic=True,
    checkpoint_every=500,
    log_every=50,
    images_every=500,
    validate_every=500,
    validation_steps=8,
    verbose=1,
    report=None,
    callbacks=(),
):
    """Trains a `Reenactor` by `fit`; started again with the same arguments, goes on.

    A model made in the scope of a strategy (see `make_strategy`) trains on all its
    devices and machines; the result is that of one device.

    The output folder holds `checkpoints/` (the last two; everything exact resume
    needs), `preset/` (what `Reenactor.from_preset` loads, as of the last checkpoint),
    `log.csv`, TensorBoard's `events/`, `samples/<step>.png` and `run.json`.

    Args:
        reenactor: `Reenactor`. If it is compiled already, its own optimizers and
            losses are used and the arguments from `losses` to `jit_compile` are not.
            Make it after `keras.utils.set_random_seed` for a reproducible run.
        data: folder of frame folders (see `aan_keras.data.load_dataset`).
        output_dir: folder of the run.
        steps: length of the whole run. May be changed when resuming.
        batch_size: pairs a step, of all devices together.
        resume: go on from the latest checkpoint in `output_dir` if there is one.
            False refuses a folder that has one.
        seed: integer that decides all pairs and augmentations.
        validation: identities that are not trained on: a list of names, or a pair of
            numbers (with videos, with photos only; see `split_identities`), or None.
        augment: see `load_dataset`.
        dataset_options: dict of further arguments of `load_dataset`.
        losses: `ReenactmentLoss`. Defaults to the paper's.
        ema_decay: decay of the moving average of the generator.
        generator_learning_rate: plateau of the generator's `ConstantThenDecay`.
        discriminator_learning_rate: the same of the discriminators.
        warmup_steps: steps in which the learning rates rise.
        decay_fraction: last share of `steps` in which they fall to zero.
        optimizer: the generator's: `"adam"`, or `"muon"`: see `ConvMuon`.
        beta_1, beta_2: of Adam, both sides'.
        clip_norm: largest norm of all gradients of one optimizer, or None.
        accumulate: parts that the batch of a device is worked off in, for less memory.
        gan_warmup: `GANWarmup`, when the GAN loss joins; None: from the first step.
        max_growth: the run stops when the mean of a loss between two rows of the log
            is this many times the median of its rows; None: never. It always stops
            when a loss or gradient is not finite.
        jit_compile: compile the step with XLA.
        deterministic: only use TensorFlow operations that give the same bits each
            time on several threads. It holds for the rest of the process.
        checkpoint_every: steps between checkpoints; a multiple of `log_every`.
        log_every: steps between rows of the log.
        images_every: steps between pictures of a fixed validation batch; 0 is never.
        validate_every: steps between evaluations on `validation_steps` fixed batches
            of the validation identities; 0 is never.
        validation_steps: number of those batches.
        verbose: as in `fit`.
        report: callable that takes a line of text on the progress, see
            `ProgressLines`.
        callbacks: further Keras callbacks.

    Returns:
        The number of steps done in the whole run.

    Example:

    >>> keras.utils.set_random_seed(0)
    >>> reenactor = aan_keras.Reenactor(image_size=128, width=16)
    >>> train(reenactor, "faces/train", "runs/first", steps=20000)
    """
    import tensorflow as tf

    from aan_keras.training.event_log import EventLog

    if steps < 1 or log_every < 1 or checkpoint_every % log_every:
        raise ValueError(
            "`steps` and `log_every` must be positive and `checkpoint_every` a "
            f"multiple of `log_every`. Received: steps={steps}, log_every={log_every}, "
            f"checkpoint_every={checkpoint_every}"
        )
    output_dir = Path(output_dir)
    checkpoint = latest_checkpoint(output_dir / "checkpoints")
    if checkpoint and not resume:
        raise ValueError(
            "The output folder holds a run. Resume it, or choose another folder. "
            f"Received: output_dir={output_dir}"
        )
    if deterministic:
        tf.config.experimental.enable_op_determinism()
    strategy = reenactor.distribute_strategy
    index, workers = worker_of(strategy)
    chief = index == 0
    if not reenactor.compiled:
        with strategy.scope():
            optimizers = make_optimizers(
                steps,
                generator_learning_rate,
                discriminator_learning_rate,
                gan_warmup.first_step if gan_warmup else 0,
                warmup_steps,
                decay_fraction,
                optimizer,
                beta_1=beta_1,
                beta_2=beta_2,
            )
            reenactor.compile(
                *optimizers,
                losses,
                ema_decay=ema_decay,
                clip_norm=clip_norm,
                accumulate=accumulate,
                gan_warmup=gan_warmup,
                jit_compile=jit_compile,
            )
    run = {"seed": seed, "batch_size": batch_size, "image_size": reenactor.image_size}
    first_step = restore(reenactor, checkpoint, run)
    if first_step >= steps:
        return first_step

    names, held_out = divide_identities(data, validation)
    if checkpoint:
        check_people(output_dir / "run.json", names, held_out)
    shape = {"image_size": reenactor.image_size, "batch_size": batch_size}
    dataset = distributed_pairs(
        strategy,
        data,
        **shape,
        seed=seed,
        start_step=first_step,
        augment=augment,
        identities=names,
        **(dataset_options or {}),
    )
    still_options = {
        "identities": held_out or names,
        "augment": False,
        "mirror": False,
        "photo_fraction": 0.0,
    }
    still = distributed_pairs(
        strategy, data, **shape, take=validation_steps, **still_options
    )
    if workers > 1:
        evaluate = make_evaluate(reenactor, still)
    else:
        evaluate = functools.partial(
            reenactor.evaluate, still, verbose=0, return_dict=True
        )
    # The chief alone writes the run; the others keep a log of their own.
    own_dir = output_dir if chief else output_dir / "workers" / str(index)
    own_dir.mkdir(parents=True, exist_ok=True)
    events = EventLog(output_dir / "events", first_step) if chief else None
    log = TrainingLog(
        own_dir / "log.csv",
        log_every,
        first_step,
        events,
        evaluate=evaluate,
        validate_every=validate_every if held_out else 0,
    )
    run_callbacks = [LossGuard(log, max_growth, output_dir / "checkpoints"), log]
    if chief:
        write_json(
            output_dir / "run.json",
            {
                **run,
                "steps": steps,
                "model": reenactor.get_config(),
                "compile": reenactor.get_compile_config(),
                "identities": names,
                "validation_identities": held_out,
            },
        )
        still_batch = next(iter(load_dataset(data, **shape, **still_options)))
        images = SampleImages(
            still_batch, output_dir / "samples", events, images_every, first_step
        )
        save = _CheckpointAndPreset(
            output_dir / "checkpoints", checkpoint_every, first_step, metadata=run
        )
        save.preset = output_dir / "preset"
        run_callbacks += [images, save]
        if report is not None:
            run_callbacks.append(ProgressLines(steps, log_every, first_step, report))
    run_callbacks += callbacks
    try:
        if workers > 1:
            fit_workers(reenactor, dataset, steps - first_step, run_callbacks, verbose)
        else:
            reenactor.fit(
                dataset,
                steps_per_epoch=steps - first_step,
                shuffle=False,
                verbose=verbose,
                callbacks=run_callbacks,
            )
    finally:
        if chief:
            events.close()
    return log.step


class _CheckpointAndPreset(ExactCheckpoint):
    preset = None

    def on_step(self, step, logs):
        # A preset has part of the state only, and the run goes on from all of it.
        check_finite(self.model, f"step {step}")
        # First: a run with its last checkpoint is done, whatever has failed since.
        self.model.save_to_preset(self.preset)
        super().on_step(step, logs)
