"""Moving averages of weights, which inference uses."""

from keras import ops


def make_averages(model, variables):
    """Adds a float32 average to a model for each of its variables, equal to it."""
    averages = []
    for index, variable in enumerate(variables):
        average = model.add_weight(
            name=f"average_{index}",
            shape=variable.shape,
            initializer="zeros",
            dtype="float32",
            trainable=False,
            # Each replica has the same weights, hence the same averages.
            aggregation="only_first_replica",
        )
        average.assign(variable)
        averages.append(average)
    return averages


def update_averages(averages, variables, step, decay):
    """Moves averages toward their variables.

    Args:
        averages: list of `make_averages`.
        variables: what they are averages of.
        step: number of steps done; the decay warms up as (1 + step) / (10 + step).
        decay: largest decay.
    """
    step = ops.cast(step, "float32")
    decay = ops.minimum(decay, (1.0 + step) / (10.0 + step))
    for variable, average in zip(variables, averages):
        target = ops.cast(variable.value, "float32")
        average.assign(average.value + (1.0 - decay) * (target - average.value))
