import dataclasses

import keras
import numpy as np
import pytest

from aan_keras.data.clips import read_clips
from aan_keras.data.pair_augmentation import PairAugmentation
from aan_keras.data.pair_sample import make_sample
from aan_keras.data.pair_sampler import PairSampler
from aan_keras.training.with_jax.batch_workers import BatchWorkers

# No backend takes part, but each process costs seconds.
pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "jax", reason="`make test-jax` runs it"
)
SIZE, BATCH, SEED = 32, 3, 5


@pytest.fixture(scope="module")
def clips(faces):
    return read_clips(faces)


def start(clips, first=0, processes=1):
    work = (clips, PairSampler(clips), PairAugmentation(), SIZE)
    return BatchWorkers(*work, BATCH, SEED, first, processes)


def expected(clips, step):
    sampler, augmentation = PairSampler(clips), PairAugmentation()
    rows = [
        make_sample(clips, sampler, augmentation, SIZE, SEED, step * BATCH + row)
        for row in range(BATCH)
    ]
    return [np.stack(column) for column in zip(*rows)]


@pytest.mark.parametrize(("first", "processes"), [(0, 1), (4, 3)])
def test_batches_are_those_of_the_dataset(clips, first, processes):
    # More batches than there are slots: each of them is filled again.
    count = 3 * processes + 2
    with start(clips, first, processes) as batches:
        for step in range(first, first + count):
            batch, truth = next(batches), expected(clips, step)
            for value, array in zip(batch.values(), truth):
                tolerance = 2**-12 if value.dtype == "float16" else 0
                np.testing.assert_allclose(value, array, rtol=0, atol=tolerance)
        assert batches.step == first + count


def test_a_batch_is_not_overwritten_by_later_ones(clips):
    with start(clips) as batches:
        first = next(batches)
        before = first["source"].copy()
        for _ in range(4):
            next(batches)
        np.testing.assert_array_equal(first["source"], before)


def test_a_failure_in_a_process_is_told(clips):
    broken = [
        dataclasses.replace(clip, frames=[b"no image"] * len(clip.frames))
        for clip in clips
    ]
    work = (broken, PairSampler(broken), None, SIZE, BATCH)
    with (
        BatchWorkers(*work) as batches,
        pytest.raises(RuntimeError, match="damaged|read"),
    ):
        next(batches)


def test_a_killed_process_is_told(clips):
    with start(clips) as batches:
        next(batches)
        batches._processes[0].kill()
        with pytest.raises(RuntimeError, match="killed"):
            for _ in range(10):
                next(batches)
