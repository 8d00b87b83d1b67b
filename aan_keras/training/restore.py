"""How a session finds where its run stands."""

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
