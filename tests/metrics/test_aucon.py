import numpy as np

from aan_keras.metrics import AUCON
from tests.metrics.check_metric import check_metric


def test_share_of_units_known_on_both_sides():
    none = np.nan
    true = np.array(
        [[1, 0, 0, 1], [1, 0, none, 1], [1, 1, 0, 0], [none] * 4, [0, none, none, 1]],
        "float32",
    )
    pred = np.array(
        [[1, 0, 1, 0], [1, 1, 1, 1], [1, 1, 0, 0], [0, 1, 0, 1], [none, 1, 0, none]],
        "float32",
    )
    check_metric(AUCON(), true, pred, [0.5, 2 / 3, 1.0, none, none])
