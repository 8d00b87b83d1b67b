import numpy as np

from aan_keras.metrics import PRMSE
from tests.metrics.check_metric import check_metric


def test_the_short_way_round():
    true = np.array([[0, 0, 179.0], [10, -5, 3], [1, 2, 3], [-350, 0, 720]], "float32")
    pred = np.array([[3, 0, -177.0], [10, -5, 3], [np.nan] * 3, [10, 6, 0]], "float32")
    # Differences 3, 0, 4; none; no face; 0 (a full turn), 6, 0 (two turns).
    expected = [25 / 3, 0, np.nan, 36 / 3]
    check_metric(PRMSE(), true, pred, expected, atol=1e-6)


def test_root_of_the_mean_over_all_samples():
    metric = PRMSE()
    metric.update_state(np.zeros((2, 3), "float32"), np.diag([3.0, 6.0, 0.0])[:2])
    np.testing.assert_allclose(float(metric.result()), np.sqrt(45 / 6), rtol=1e-6)
