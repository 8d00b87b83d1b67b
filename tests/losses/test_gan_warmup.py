import keras
import numpy as np
import pytest

from aan_keras.losses import GANWarmup


def shares(warmup, steps):
    return [float(keras.ops.convert_to_numpy(warmup(step))) for step in steps]


def test_zero_then_a_linear_rise_then_one():
    warmup = GANWarmup(start=100, ramp_steps=50, lead=30)
    steps = [0, 69, 70, 99, 100, 124, 149, 150, 10**6]
    expected = [0, 0, 0, 0, 1 / 50, 0.5, 1, 1, 1]
    np.testing.assert_allclose(shares(warmup, steps), expected, atol=1e-6)
    assert warmup.first_step == 70


def test_without_arguments_the_loss_counts_from_the_first_step():
    assert shares(GANWarmup(), [0, 1]) == [1, 1]
    assert GANWarmup().first_step == GANWarmup(start=5, lead=9).first_step == 0


def test_without_ramp_it_is_a_step():
    assert shares(GANWarmup(start=3), [2, 3]) == [0, 1]


def test_round_trip():
    warmup = GANWarmup(start=7, ramp_steps=3, lead=2)
    config = keras.saving.serialize_keras_object(warmup)
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == warmup.get_config()


@pytest.mark.parametrize("arguments", [(-1, 0, 0), (0, -1, 0), (0, 0, -1)])
def test_bad_arguments(arguments):
    with pytest.raises(ValueError, match="Received: start="):
        GANWarmup(*arguments)
