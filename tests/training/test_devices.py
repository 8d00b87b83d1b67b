"""What a run trains on; the strategies themselves are tested in processes."""

import json

import pytest
import tensorflow as tf

from aan_keras.training import make_strategy
from aan_keras.training.devices import num_workers, worker_of


@pytest.fixture(autouse=True)
def without_cluster(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)


def test_one_device_needs_no_strategy():
    strategy = make_strategy()
    assert strategy is tf.distribute.get_strategy()
    assert worker_of(strategy) == (0, 1) and num_workers() == 1


@pytest.mark.parametrize(
    ("cluster", "count"),
    [
        ({"worker": ["a:1", "b:1"]}, 2),
        ({"chief": ["a:1"], "worker": ["b:1", "c:1"]}, 3),
        ({"worker": ["a:1"]}, 1),
        ({"worker": ["a:1"], "ps": ["b:1"]}, 1),
        ({}, 1),
    ],
)
def test_workers_of_tf_config(monkeypatch, cluster, count):
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster}))
    assert num_workers() == count


def test_bad_requests(monkeypatch):
    with pytest.raises(ValueError, match="already started.*Received: devices=2"):
        tf.constant(0)
        make_strategy(2)
    monkeypatch.setenv("TF_CONFIG", "{")
    with pytest.raises(ValueError, match="must be JSON.*Received: TF_CONFIG={"):
        make_strategy()
    workers = {"cluster": {"worker": ["a:1", "b:1"]}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(workers))
    with pytest.raises(ValueError, match="CUDA_VISIBLE_DEVICES.*Received: devices=2"):
        make_strategy(2)
