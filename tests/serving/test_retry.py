"""What is tried again, how often, and after how long."""

import threading

import pytest

from aan_keras.serving import ServingError
from aan_keras.serving.retry import Retry


class Failing:
    """Fails with these codes, then answers."""

    def __init__(self, *codes):
        self.codes = list(codes)
        self.calls = 0

    def __call__(self):
        self.calls += 1
        if self.codes:
            raise ServingError(self.codes.pop(0), "away")
        return "answer"


def test_twice_away_then_there():
    waits, call = [], Failing("UNAVAILABLE", "DEADLINE_EXCEEDED")
    assert Retry(3, first_wait=1.0, sleep=waits.append)(call) == "answer"
    assert call.calls == 3
    assert 0.5 <= waits[0] <= 1.0 <= waits[1] <= 2.0


def test_waits_double_up_to_a_limit():
    waits, call = [], Failing(*["UNAVAILABLE"] * 9)
    with pytest.raises(ServingError, match="away"):
        Retry(8, first_wait=1.0, longest_wait=5.0, sleep=waits.append)(call)
    assert call.calls == 9
    for wait, most in zip(waits, (1, 2, 4, 5, 5, 5, 5, 5), strict=True):
        assert most / 2 <= wait <= most
    assert len(set(waits)) > 5


@pytest.mark.parametrize(
    "code",
    ["INVALID_ARGUMENT", "NOT_FOUND", "FAILED_PRECONDITION", "RESOURCE_EXHAUSTED"],
)
def test_a_refusal_is_final(code):
    call = Failing(code)
    with pytest.raises(ServingError) as refused:
        Retry(3, sleep=pytest.fail)(call)
    assert (refused.value.code, call.calls) == (code, 1)


def test_an_event_ends_the_wait():
    stopped, call = threading.Event(), Failing("UNAVAILABLE", "UNAVAILABLE")
    assert Retry(3, first_wait=1e-3)(call, stopped) == "answer"
    call = Failing("UNAVAILABLE", "UNAVAILABLE")
    timer = threading.Timer(0.05, stopped.set)
    timer.start()
    with pytest.raises(ServingError, match="away"):
        Retry(3, first_wait=5.0, sleep=pytest.fail)(call, stopped)
    assert call.calls == 1 and timer.finished.is_set()


def test_none():
    call = Failing("UNAVAILABLE")
    with pytest.raises(ServingError):
        Retry(0, sleep=pytest.fail)(call)
    with pytest.raises(ValueError, match="Received: retries=-1"):
        Retry(-1)
