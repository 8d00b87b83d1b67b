import numpy as np

from aan_keras.metrics import L1
from tests.metrics.check_metric import check_metric
from tests.metrics.photos import photo_pairs, to_unit


def test_grey_levels():
    true, pred = photo_pairs()
    expected = np.abs(true.astype("float64") - pred).mean((1, 2, 3))
    check_metric(L1(), to_unit(true), to_unit(pred), expected)
