"""What `fit` hands to a step."""

import keras

_NAMES = ("source", "source_landmarks", "driving", "driving_landmarks")


def training_batch(data):
    """The dict of a training or validation batch.

    Args:
        data: from `fit` or `evaluate`: the dict, or a tuple that begins with it.

    Returns:
        The dict, see `load_dataset`.

    Raises:
        ValueError: it is no dict, or lacks one of the four entries.
    """
    # `train_on_batch` wraps its batch in a tuple.
    inputs, _, _ = keras.utils.unpack_x_y_sample_weight(data)
    names = sorted(inputs) if isinstance(inputs, dict) else type(inputs).__name__
    if not isinstance(inputs, dict) or set(_NAMES) - set(names):
        raise ValueError(
            f"A batch of training must be a dict of {', '.join(_NAMES)}; the target "
            f"is `driving` in it. Received: {names}"
        )
    return inputs
