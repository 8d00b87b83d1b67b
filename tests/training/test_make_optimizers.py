import keras
import numpy as np
import pytest

from aan_keras.training import ConvMuon
from aan_keras.training.make_optimizers import make_optimizers


def rates(optimizer, steps):
    schedule = optimizer._learning_rate
    return [float(keras.ops.convert_to_numpy(schedule(step))) for step in steps]


def test_rates_and_options():
    first, second = make_optimizers(100, 2e-4, 1e-4, 0, 10, 0.5, beta_1=0.3)
    np.testing.assert_allclose(rates(first, [4, 49, 75]), [1e-4, 2e-4, 1e-4])
    np.testing.assert_allclose(rates(second, [4, 49, 75]), [5e-5, 1e-4, 5e-5])
    assert first.beta_1 == second.beta_1 == 0.3


def test_discriminators_that_start_late_end_with_the_generator():
    """Their optimizer counts from its own first step, 40 of the run."""
    first, second = make_optimizers(100, 1e-4, 1e-4, 40, 0, 0.5)
    for step in (40, 50, 60, 75, 99, 100):
        np.testing.assert_allclose(rates(second, [step - 40]), rates(first, [step]))
    # Later than the decay begins: all of what is left.
    _, second = make_optimizers(100, 1e-4, 1e-4, 80, 0, 0.5)
    np.testing.assert_allclose(rates(second, [0, 10, 20]), [1e-4, 5e-5, 0], atol=1e-12)


@pytest.mark.parametrize("share", [-0.1, 2, np.nan])
def test_a_share_that_cannot_be_is_refused(share):
    with pytest.raises(ValueError, match=rf"in \[0, 1\].*decay_fraction={share}"):
        make_optimizers(100, 1e-4, 1e-4, 40, decay_fraction=share)


def test_muon_is_the_generators_alone():
    first, second = make_optimizers(9, 2e-4, 1e-4, optimizer="muon", beta_2=0.97)
    assert type(first) is ConvMuon and type(second) is keras.optimizers.Adam
    assert first.beta_2 == second.beta_2 == 0.97
    first, _ = make_optimizers(9, 2e-4, 1e-4)
    assert type(first) is keras.optimizers.Adam


def test_an_unknown_optimizer_is_refused():
    with pytest.raises(ValueError, match="'adam', 'muon'.*optimizer=sgd"):
        make_optimizers(9, 2e-4, 1e-4, optimizer="sgd")
