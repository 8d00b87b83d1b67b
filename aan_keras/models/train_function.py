"""What `fit` calls for a step: a graph for each phase, a batch in parts."""

import functools
import itertools

from aan_keras.models.training_batch import training_batch


class TrainFunction:
    """One training step on the next batch of an iterator.

    Keras traces `train_step` once for the whole training. Here there is a graph from
    before the discriminators start and one from after, so that they cost nothing while
    they wait; and with `accumulate` above one a batch is worked off in parts, each by a
    call of the same graph, so that memory holds the activations of one part.

    Keras' own `gradient_accumulation_steps` is not used: learning rate schedules then
    count parts instead of steps, the accumulators live on from step to step, and it
    updates inside a `cond`, where `tf.distribute.MirroredStrategy` can't.

    Args:
        model: compiled `Reenactor`.
    """

    def __init__(self, model):
        self.model = model
        self._graphs = {}
        self._names = []

    def __call__(self, iterator):
        # As Keras: fewer steps, where no more batches are left, but one at least.
        batches = itertools.islice(iterator, self.model.steps_per_execution)
        logs = None
        for data in batches:
            judging = self.model.judging
            if self.model.accumulate == 1:
                logs = self._run(self.model.train_step, judging, data)
            else:
                logs = self._in_parts(judging, data)
        if logs is None:
            raise StopIteration
        strategy = self.model.distribute_strategy
        if strategy.num_replicas_in_sync == 1:
            return logs
        return {
            name: strategy.reduce("MEAN", value, axis=None)
            for name, value in logs.items()
        }

    def _in_parts(self, judging, data):
        import tensorflow as tf

        sums = self._run(self._begin, judging)
        for index in range(self.model.accumulate):
            # A tensor: each Python number would be a graph of its own.
            sums = self._run(self._add, judging, data, tf.constant(index), sums)
        return self._run(self._finish, judging, sums)

    def _run(self, function, judging, *arguments):
        """Calls a function on every replica, as a graph unless in eager mode."""
        import tensorflow as tf

        key = (function.__name__, judging)
        if key not in self._graphs:
            strategy = self.model.distribute_strategy
            function = functools.partial(function, judging=judging)

            def run(*arguments):
                return strategy.run(function, args=arguments)

            if not self.model.run_eagerly:
                run = tf.function(
                    run,
                    autograph=False,
                    jit_compile=self.model.jit_compile,
                    reduce_retracing=True,
                )
            self._graphs[key] = run
        return self._graphs[key](*arguments)

    def _begin(self, judging):
        """Sums before the first part: gradients of zero, and the nets' state."""
        import tensorflow as tf

        model = self.model
        variables = [model.generator_variables]
        if judging:
            variables.append(model.discriminator_variables)
        state = [tf.identity(v.value) for v in model.generator_state]
        return {
            "gradients": [[tf.zeros(v.shape) for v in side] for side in variables],
            "state": [tf.zeros_like(value) for value in state],
            "start": state,
        }

    def _add(self, data, index, sums, judging):
        """Adds the gradients of one part to the sums."""
        model, parts = self.model, self.model.accumulate
        inputs = training_batch(data)
        part = {name: _part(tensor, index, parts) for name, tensor in inputs.items()}
        # Every part starts from the same spectral vectors and moving statistics, as
        # the pairs of one batch do; where they go is the parts' mean.
        for variable, value in zip(model.generator_state, sums["start"]):
            variable.assign(value)
        values, *sides = model.compute_gradients(part, judging)
        self._names = list(model.track(values))
        return {
            "gradients": [
                [s if g is None else s + g / parts for s, g in zip(total, gradients)]
                for total, gradients in zip(sums["gradients"], sides)
            ],
            "state": [
                total + variable.value / parts
                for total, variable in zip(sums["state"], model.generator_state)
            ],
            "start": sums["start"],
        }

    def _finish(self, sums, judging):
        """Makes the step, and reports what the parts and the step have tracked."""
        for variable, value in zip(self.model.generator_state, sums["state"]):
            variable.assign(value)
        gradients, d_gradients = (*sums["gradients"], None)[:2]
        logs = self.model.apply_gradients(gradients, d_gradients)
        trackers = self.model.loss_trackers
        return {**{name: trackers[name].result() for name in self._names}, **logs}


def _part(tensor, index, parts):
    """Rows of part number `index` of `parts`."""
    size, rest = divmod(tensor.shape[0], parts)
    if rest:
        raise ValueError(
            "Each replica's batch must be divisible by `accumulate`. "
            f"Received: batch of {tensor.shape[0]}, accumulate={parts}"
        )
    return tensor[index * size : (index + 1) * size]
