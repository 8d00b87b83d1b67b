"""What each worker reads, put together, is the batch of one device."""

import numpy as np
import pytest
import tensorflow as tf

from aan_keras.training import distributed_pairs as module
from aan_keras.training.distributed_pairs import distributed_pairs

OPTIONS = {"image_size": 32, "batch_size": 4, "seed": 5, "start_step": 3}


class Cluster:
    """The part of a strategy that is asked: two workers of two devices each."""

    num_replicas_in_sync = 4

    def distribute_datasets_from_function(self, make):
        def context(index):
            return tf.distribute.InputContext(2, index, 4)

        return [make(context(index)) for index in range(2)]


def test_on_one_machine_batches_are_whole(faces):
    dataset = distributed_pairs(tf.distribute.get_strategy(), faces, **OPTIONS)
    assert next(iter(dataset))["source"].shape == (4, 32, 32, 3)


@pytest.mark.parametrize("take", [None, 2])
def test_each_device_of_each_worker_reads_its_own_part(faces, monkeypatch, take):
    whole = distributed_pairs(tf.distribute.get_strategy(), faces, **OPTIONS)
    monkeypatch.setattr(module, "worker_of", lambda strategy: (0, 2))
    parts = distributed_pairs(Cluster(), faces, take=take, **OPTIONS)
    iterators = [iter(part) for part in parts]
    for batch in whole.take(2):
        pieces = [next(it)["source"] for it in iterators for _ in range(2)]
        assert all(piece.shape[0] == 1 for piece in pieces)
        np.testing.assert_array_equal(np.concatenate(pieces), batch["source"])
    assert all((next(it, None) is None) == (take is not None) for it in iterators)


def test_a_batch_that_the_devices_can_not_share(faces):
    with pytest.raises(ValueError, match="batch_size=6, devices=4"):
        distributed_pairs(Cluster(), faces, 64, 6)
