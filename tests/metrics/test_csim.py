import keras
import numpy as np

from aan_keras.metrics import CSIM
from tests.layers.check_layer import as_numpy
from tests.metrics.check_metric import check_metric


def small_net():
    image = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(5, 3, activation="tanh")(image)
    return keras.Model(image, keras.layers.GlobalAveragePooling2D()(x))


def test_cosine_of_the_networks_vectors():
    net = small_net()
    rng = np.random.default_rng(0)
    true, pred = rng.uniform(-1, 1, (2, 4, 9, 9, 3)).astype("float32")
    pred[1] = np.nan  # a face that was not found
    t, p = (as_numpy(net(chips)).astype("float64") for chips in (true, pred))
    lengths = np.linalg.norm(t, axis=-1) * np.linalg.norm(p, axis=-1)
    expected = (t * p).sum(-1) / lengths
    assert np.isnan(expected).sum() == 1
    check_metric(CSIM(net), true, pred, expected)


def test_by_hand():
    found = CSIM.from_descriptors(
        np.array([[3.0, 4.0], [1.0, 0.0], [1.0, 1.0]]),
        np.array([[6.0, 8.0], [0.0, 2.0], [-2.0, -2.0]]),
    )
    np.testing.assert_allclose(found, [1.0, 0.0, -1.0], atol=1e-6)
