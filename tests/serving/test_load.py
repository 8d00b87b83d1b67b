"""A short load: no answer is lost, wrong or somebody else's."""

import pytest

from aan_keras.serving import ServingReenactor
from tests.serving.benchmark import benchmark_module


@pytest.fixture(scope="module")
def load_module():
    return benchmark_module("serving_load")


@pytest.fixture(scope="module")
def jobs(load_module, reenactor, clip):
    inputs = clip["source"], clip["source_landmarks"], clip["driving_landmarks"]
    return load_module.make_jobs(reenactor, *inputs, count=4, frames=3)


@pytest.mark.parametrize("transport", ["grpc", "http"])
def test_each_client_gets_its_own_answers(load_module, jobs, transport, addresses):
    address = addresses[transport]
    load = load_module.Load(
        lambda: ServingReenactor(address, retries=0, timeout=600), jobs
    )
    load.run(clients=4, requests=5)
    assert (load.sent, load.right, load.lost) == (20, 20, 0)
    assert (load.wrong, load.swapped, dict(load.errors)) == (0, 0, {})
    assert len(load.times) == 20


class Mixed:
    """Answers with the frames it is told."""

    def __init__(self, frames):
        self.frames = frames

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def animate(self, **_):
        return self.frames


def test_the_check_sees_wrong_and_swapped_answers(load_module, jobs):
    for frames, verdict in (
        (jobs[0].expected, "right"),
        (jobs[0].expected[::-1], "wrong"),
        (jobs[0].expected[:2], "wrong"),
        (jobs[1].expected, "swapped"),
    ):
        load = load_module.Load(lambda frames=frames: Mixed(frames), jobs)
        load._ask(Mixed(frames), 0)
        assert getattr(load, verdict) == 1
        assert load.right + load.wrong + load.swapped == 1
