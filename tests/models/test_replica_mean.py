"""On one device; tests/training/test_mirrored.py compares two with one."""

import numpy as np
import pytest

from aan_keras.models.replica_mean import ReplicaMean


def test_weighted_mean_since_the_last_reset():
    metric = ReplicaMean(name="loss")
    assert metric.name == "loss"
    values, weights = np.array([3.0, 5.0, 11.0]), np.array([1.0, 0.0, 3.0])
    for value, weight in zip(values, weights):
        metric.update_state(value, sample_weight=weight)
    expected = np.average(values, weights=weights)
    assert float(metric.result()) == pytest.approx(expected)
    metric.reset_state()
    metric.update_state(2.5)
    assert float(metric.result()) == 2.5


def test_what_replicas_assign_is_averaged():
    metric = ReplicaMean()
    assert [v.aggregation for v in metric.variables] == ["mean", "mean"]
