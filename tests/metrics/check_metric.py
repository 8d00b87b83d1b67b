"""One call that proves a metric keeps its state right, on any backend."""

import keras
import numpy as np

from tests.layers.check_layer import as_numpy


def check_metric(metric, y_true, y_pred, expected, atol=0.0, rtol=1e-5):
    """Checks the figures, their mean in batches, weights, reset and the config.

    Args:
        metric: a `SampleMean`, fresh.
        y_true, y_pred: arrays of at least three samples.
        expected: the figure of each, NaN where there is none.
        atol, rtol: how near `per_sample` must be.
    """
    expected = np.asarray(expected, "float64")
    tensors = [keras.ops.convert_to_tensor(y) for y in (y_true, y_pred)]
    found = as_numpy(metric.per_sample(*tensors))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=atol, rtol=rtol)

    known = np.isfinite(expected)
    mean = expected[known].mean()
    finish = np.sqrt if metric.name == "prmse" else (lambda value: value)
    near = {"atol": atol, "rtol": 10 * rtol}
    for rows in (slice(0, 2), slice(2, None)):
        metric.update_state(*(tensor[rows] for tensor in tensors))
    np.testing.assert_allclose(as_numpy(metric.result()), finish(mean), **near)
    assert as_numpy(metric.count) == known.sum()
    assert as_numpy(metric.missing) == (~known).sum()

    metric.reset_state()
    assert np.isnan(as_numpy(metric.result()))
    weights = np.arange(1.0, len(expected) + 1)
    metric.update_state(*tensors, sample_weight=weights.astype("float32"))
    weighted = np.average(expected[known], weights=weights[known])
    np.testing.assert_allclose(as_numpy(metric.result()), finish(weighted), **near)
    np.testing.assert_allclose(as_numpy(metric.missing), weights[~known].sum())

    config = keras.saving.serialize_keras_object(metric)
    copy = keras.saving.deserialize_keras_object(config)
    assert type(copy) is type(metric) and copy.name == metric.name
    if getattr(metric, "net", None) is not None:
        copy.net.set_weights(metric.net.get_weights())  # Configs hold no weights.
    copied = as_numpy(copy.per_sample(*tensors))
    np.testing.assert_array_equal(copied, found)
