"""`fit` and `evaluate` over several machines."""

import keras


def fit_workers(model, dataset, steps, callbacks, verbose=0):
    """Trains as `model.fit` does, under `tf.distribute.MultiWorkerMirroredStrategy`.

    The `fit` of Keras 3 fails under that strategy: it wants to look at a batch before
    it trains, and at the mean of scalars along their first axis.

    Args:
        model: compiled `Reenactor`, made in the strategy's scope.
        dataset: distributed dataset.
        steps: number of steps.
        callbacks: Keras callbacks; they run on every worker.
        verbose: as in `fit`.

    Raises:
        ConnectionError: another worker was lost.
    """
    import tensorflow as tf

    callbacks = keras.callbacks.CallbackList(
        callbacks,
        add_progbar=verbose != 0,
        verbose=verbose,
        epochs=1,
        steps=steps,
        model=model,
    )
    model.stop_training = False
    model.make_train_function()
    logs = {}
    try:
        iterator = iter(dataset)
        callbacks.on_train_begin()
        model.reset_metrics()
        callbacks.on_epoch_begin(0)
        for batch in range(steps):
            callbacks.on_train_batch_begin(batch)
            logs = model.train_function(iterator)
            callbacks.on_train_batch_end(batch, logs)
            if model.stop_training:
                break
        callbacks.on_epoch_end(0, logs)
        callbacks.on_train_end(logs)
    except (
        tf.errors.AbortedError,
        tf.errors.CancelledError,
        tf.errors.DeadlineExceededError,
        tf.errors.InternalError,
        tf.errors.UnavailableError,
    ) as error:
        raise ConnectionError(
            "the connection to another worker was lost: start all workers again, they "
            f"go on from the last checkpoint ({error.message.splitlines()[0]})"
        ) from error


def make_evaluate(model, dataset):
    """Makes the `model.evaluate` of several machines.

    Args:
        model: compiled `Reenactor`, made in the strategy's scope.
        dataset: finite distributed dataset.

    Returns:
        Function without arguments that returns a dict of means over all workers. Each
        worker must call it at the same step.
    """
    import tensorflow as tf

    strategy = model.distribute_strategy

    @tf.function(autograph=False)
    def step(batch):
        return strategy.run(model.test_step, args=(batch,))

    def evaluate():
        model.reset_metrics()
        for batch in dataset:
            logs = step(batch)
        return {
            name: strategy.reduce("MEAN", value, axis=None)
            for name, value in logs.items()
        }

    return evaluate
