import keras
import numpy as np
import pytest

from aan_keras.metrics import AED, CSIM
from aan_keras.models import IdentityNet
from tests.layers.check_layer import as_numpy


def test_the_default_network_has_its_weights_in_a_compiled_model():
    rng = np.random.default_rng(0)
    true, pred = rng.uniform(-1, 1, (2, 2, 112, 112, 3)).astype("float32")
    pred *= 0.2
    vectors = [as_numpy(IdentityNet()(chips)) for chips in (true, pred)]
    model = keras.Sequential([keras.Input((112, 112, 3)), keras.layers.Identity()])
    model.compile(loss="mse", metrics=[AED(), CSIM()])
    logs = model.evaluate(pred, true, verbose=0, return_dict=True)
    for metric in (AED, CSIM):
        expected = float(as_numpy(metric.from_descriptors(*vectors)).mean())
        assert logs[metric.__name__.lower()] == pytest.approx(expected, rel=1e-4)
