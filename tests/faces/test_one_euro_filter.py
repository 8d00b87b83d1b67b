import numpy as np
import pytest

from aan_keras.faces import OneEuroFilter


def alpha(cutoff, rate):
    tau = 1.0 / (2 * np.pi * cutoff)
    te = 1.0 / rate
    return 1.0 / (1.0 + tau / te)


def published(series, rate, min_cutoff, beta, velocity_cutoff):
    """Algorithms 1 and 2 of the paper, for one number at a time."""
    filtered, dx_hat, first = [], 0.0, True
    for x in series:
        if first:
            first, dx, x_hat = False, 0.0, x
            dx_hat = dx
        else:
            dx = (x - filtered[-1]) * rate
            a = alpha(velocity_cutoff, rate)
            dx_hat = a * dx + (1 - a) * dx_hat
            a = alpha(min_cutoff + beta * abs(dx_hat), rate)
            x_hat = a * x + (1 - a) * filtered[-1]
        filtered.append(x_hat)
    return np.array(filtered)


@pytest.mark.parametrize("beta", [0.0, 0.7, 20.0])
@pytest.mark.parametrize("rate", [25, 30000 / 1001])
def test_one_coordinate_is_the_published_algorithm(beta, rate):
    rng = np.random.default_rng(0)
    series = np.cumsum(rng.normal(size=60)) + rng.normal(size=60)
    steady = OneEuroFilter(1.5, beta, 2.0)
    found = [steady([x], t / rate)[0] for t, x in enumerate(series)]
    expected = published(series, rate, 1.5, beta, 2.0)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_every_point_has_a_cutoff_of_its_own_from_the_length_of_its_velocity():
    """Turning the axes turns the result; other points do not matter."""
    rng = np.random.default_rng(1)
    series = np.cumsum(rng.normal(size=(40, 5, 2)), 0)
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])

    def run(series):
        steady = OneEuroFilter(1.0, 2.0, 4.0)
        return np.stack([steady(x, t / 25) for t, x in enumerate(series)])

    np.testing.assert_allclose(run(series @ turn), run(series) @ turn, atol=1e-12)
    np.testing.assert_array_equal(run(series[:, 2:3]), run(series)[:, 2:3])


def test_a_gap_counts_as_the_time_that_it_lasts():
    """With beta 0: the weight of the new point is that of its own period."""
    steady = OneEuroFilter(2.0)
    steady([[0.0, 0.0]], 0.0)
    found = steady([[1.0, -2.0]], 0.4)
    np.testing.assert_allclose(found, alpha(2.0, 2.5) * np.array([[1.0, -2.0]]))


def test_wrong_arguments():
    for arguments in ({"min_cutoff": 0}, {"beta": -1}, {"velocity_cutoff": np.nan}):
        with pytest.raises(ValueError, match="Received: min_cutoff="):
            OneEuroFilter(**arguments)
    steady = OneEuroFilter()
    steady([[0.0, 0.0]], 1.0)
    with pytest.raises(ValueError, match="Received: 1.0 after 1.0 seconds"):
        steady([[0.0, 0.0]], 1.0)
