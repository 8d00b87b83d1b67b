import keras
import numpy as np
import pytest

from aan_keras.training import ConstantThenDecay


def test_values():
    schedule = ConstantThenDecay(2.0, 100, warmup_steps=10, decay_fraction=0.5)
    steps = [0, 4, 9, 10, 49, 50, 75, 99, 100, 500]
    expected = [0.2, 1.0, 2.0, 2.0, 2.0, 2.0, 1.0, 0.04, 0.0, 0.0]
    values = [keras.ops.convert_to_numpy(schedule(step)) for step in steps]
    np.testing.assert_allclose(values, expected, atol=1e-6)


def test_without_warmup_and_decay_it_is_constant():
    schedule = ConstantThenDecay(3e-4, 10)
    values = [float(schedule(step)) for step in (0, 5, 9, 10, 1000)]
    np.testing.assert_allclose(values, 3e-4, rtol=1e-6)


def test_optimizer_round_trip():
    schedule = ConstantThenDecay(3e-4, 10, warmup_steps=2, decay_fraction=0.25)
    optimizer = keras.optimizers.Adam(schedule)
    config = keras.saving.serialize_keras_object(optimizer)
    again = keras.saving.deserialize_keras_object(config)
    assert again._learning_rate.get_config() == schedule.get_config()


@pytest.mark.parametrize(
    "arguments", [(0, 0, 0.0), (10, -1, 0.0), (10, 0, 1.5), (10, 0, -0.1)]
)
def test_bad_arguments(arguments):
    with pytest.raises(ValueError, match="Received: total_steps"):
        ConstantThenDecay(1e-3, *arguments)
