"""How a session finds where its run stands."""

import json

from aan_keras.training.checkpoint import load_checkpoint


def restore(model, checkpoint, run):
    """Loads a run's latest checkpoint, on every worker the same.

    Args:
        model: compiled model.
        checkpoint: path, or None for a run that begins.
        run: dict of what must not change between sessions.

    Returns:
        Number of steps done.
    """
    step = 0
    if checkpoint is not None:
        metadata = load_checkpoint(model, checkpoint)
        for name, value in run.items():
            if metadata[name] != value:
                raise ValueError(
                    f"{checkpoint} was written with {name}={metadata[name]}, and a run "
                    f"goes on as it began. Received: {name}={value}"
                )
        step = metadata["step"]
    _check_same_step(model.distribute_strategy, step)
    return step


def check_people(run_file, identities, validation_identities):
    """Refuses data that divide into other people than when the run began.

    Who is held out is drawn from all who are there: with somebody new, a run would be
    measured on people that it has learned from.

    Args:
        run_file: path of the run's `run.json`; nothing is checked if there is none.
        identities, validation_identities: lists of names, today's.

    Raises:
        ValueError: they are others; which is in the message.
    """
    if not run_file.is_file():
        return
    before = json.loads(run_file.read_text())
    today = {
        "identities": identities,
        "validation_identities": validation_identities,
    }
    for name, names in today.items():
        if before.get(name, names) == names:
            continue
        new, gone = set(names) - set(before[name]), set(before[name]) - set(names)
        raise ValueError(
            f"{run_file.parent} was begun with other {name}, and a run goes on as it "
            "began: give it the same data, or begin another with `preset`. Received: "
            f"new {sorted(new)}, missing {sorted(gone)}"
        )


def _check_same_step(strategy, step):
    import tensorflow as tf

    replicas = strategy.num_replicas_in_sync
    if replicas == 1:
        return
    steps = strategy.run(lambda: tf.constant(step, "int64"))
    total = int(strategy.reduce("SUM", steps, axis=None))
    if total != step * replicas:
        raise ValueError(
            "the workers see different checkpoints: the run's folder must be the same "
            f"for all of them. Received: this one is at step {step}"
        )
