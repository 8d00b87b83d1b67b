import numpy as np

from aan_keras.metrics import AKD
from tests.metrics.check_metric import check_metric


def test_mean_absolute_difference_of_coordinates():
    rng = np.random.default_rng(0)
    true, pred = rng.uniform(0, 128, (2, 4, 68, 2)).astype("float32")
    pred[2] = np.nan
    expected = np.abs(true.astype("float64") - pred).reshape(4, -1).mean(1)
    check_metric(AKD(), true, pred, expected)
