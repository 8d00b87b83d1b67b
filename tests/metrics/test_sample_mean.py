import keras
import numpy as np
import pytest

from aan_keras.metrics import L1
from aan_keras.metrics.sample_mean import SampleMean


class Difference(SampleMean):
    def per_sample(self, y_true, y_pred):
        return y_pred - y_true


def test_failures_are_counted_and_do_not_change_the_mean():
    metric = Difference()
    true = np.array([1.0, 2.0, np.nan, 4.0], "float32")
    pred = np.array([2.0, 4.0, 9.0, np.nan], "float32")
    metric.update_state(true, pred)
    metric.update_state(true[:2], pred[:2] + 3)
    assert float(metric.result()) == (1 + 2 + 4 + 5) / 4
    assert (int(metric.count), int(metric.missing)) == (4, 2)


def test_a_weight_of_zero_hides_even_a_failure():
    metric = Difference()
    metric.update_state(
        np.zeros(2, "float32"), np.array([7.0, np.nan], "float32"), [1.0, 0.0]
    )
    assert float(metric.result()) == 7
    assert (int(metric.count), int(metric.missing)) == (1, 0)


@pytest.mark.parametrize("shape", [(3,), (3, 1), (3, 1, 1)])
def test_weights_as_losses_of_images_take_them(shape):
    metric = Difference()
    pred = np.array([1.0, 2.0, 9.0], "float32")
    weights = np.array([1.0, 2.0, 0.0], "float32").reshape(shape)
    metric.update_state(np.zeros(3, "float32"), pred, weights)
    assert float(metric.result()) == pytest.approx((1 + 2 * 2) / 3)
    assert float(metric.count) == 3


def test_weights_of_pixels_are_refused():
    values = np.zeros(3, "float32")
    with pytest.raises(ValueError, match=r"\[B\].*Received: shape \(3, 4, 4\)"):
        Difference().update_state(values, values, np.ones((3, 4, 4), "float32"))


def test_weighted_beside_a_loss_of_images():
    rng = np.random.default_rng(0)
    true = rng.uniform(-1, 1, (4, 8, 8, 3)).astype("float32")
    pred = true.copy()
    pred[2:] += 0.5
    weights = np.array([1, 3, 0, 0], "float32").reshape(4, 1, 1)
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Identity()])
    model.compile(loss="mse", weighted_metrics=[L1(), "mae"])
    logs = model.evaluate(pred, true, 4, 0, weights, return_dict=True)
    assert logs["l1"] == logs["mae"] == logs["loss"] == 0


def test_no_figure_is_not_zero():
    metric = Difference()
    metric.update_state(np.full(3, np.nan, "float32"), np.zeros(3, "float32"))
    assert np.isnan(float(metric.result()))
    assert int(metric.missing) == 3


def test_base_class_measures_nothing():
    with pytest.raises(NotImplementedError):
        SampleMean().update_state(np.zeros(1), np.zeros(1))


@pytest.mark.requires_tensorflow
def test_compile_and_evaluate():
    """As a metric of any Keras model."""
    model = keras.Sequential([keras.layers.Rescaling(1.0, offset=3.0)])
    model.compile(metrics=[Difference(name="difference")], loss="mse")
    x = np.arange(8, dtype="float32").reshape(8)
    x[5] = np.nan
    logs = model.evaluate(x, np.arange(8.0), batch_size=3, verbose=0, return_dict=True)
    assert logs["difference"] == 3
