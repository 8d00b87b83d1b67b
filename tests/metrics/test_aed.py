import numpy as np

from aan_keras.metrics import AED
from tests.layers.check_layer import as_numpy
from tests.metrics.check_metric import check_metric
from tests.metrics.test_csim import small_net


def test_distance_of_the_networks_vectors():
    net = small_net()
    rng = np.random.default_rng(0)
    true, pred = rng.uniform(-1, 1, (2, 4, 9, 9, 3)).astype("float32")
    t, p = (as_numpy(net(chips)).astype("float64") for chips in (true, pred))
    check_metric(AED(net), true, pred, np.linalg.norm(t - p, axis=-1), atol=1e-6)


def test_by_hand():
    found = AED.from_descriptors(np.array([[1.0, 2.0]]), np.array([[4.0, 6.0]]))
    np.testing.assert_allclose(found, [5.0], rtol=1e-6)
