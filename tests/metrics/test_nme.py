import numpy as np

from aan_keras.metrics import NME
from tests.layers.sample_face import sample_landmarks
from tests.metrics.check_metric import check_metric


def test_share_of_the_distance_between_the_eyes():
    true = sample_landmarks(4, 128)
    pred = sample_landmarks(4, 128, seed=1)
    pred[2] = np.nan
    t, p = true.astype("float64"), pred.astype("float64")
    unit = np.linalg.norm(t[:, 36] - t[:, 45], axis=-1)
    expected = 100 * np.linalg.norm(t - p, axis=-1).mean(1) / unit
    check_metric(NME(), true, pred, expected)
