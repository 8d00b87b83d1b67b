import keras
import numpy as np
import pytest
from scipy.linalg import sqrtm

from aan_keras.metrics import FID
from aan_keras.metrics.fid import frechet_distance
from tests.layers.check_layer import as_numpy
from tests.metrics.test_csim import small_net


def reference(real, generated):
    """The textbook formula, with SciPy's square root of a matrix."""
    means = [features.mean(0) for features in (real, generated)]
    covariances = [np.cov(features, rowvar=False) for features in (real, generated)]
    root = sqrtm(covariances[0] @ covariances[1]).real
    return ((means[0] - means[1]) ** 2).sum() + np.trace(sum(covariances) - 2 * root)


def features(count, seed):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, 12)) @ rng.normal(size=(12, 12)) + rng.normal(
        size=12
    )


def test_in_batches_of_different_sizes():
    real, generated = features(70, 0), features(50, 1)
    metric = FID(net=lambda x: x)
    metric.update_state(real[:30], generated[:7])
    metric.update_state(real[30:], generated[7:])
    expected = reference(real, generated)
    np.testing.assert_allclose(metric.result(), expected, rtol=1e-9)
    metric.reset_state()
    assert np.isnan(metric.result())


def test_fewer_images_than_features():
    real, generated = features(5, 0), features(6, 1)
    metric = FID(net=lambda x: x)
    metric.update_features(real, generated)
    expected = reference(real, generated)
    np.testing.assert_allclose(metric.result(), expected, rtol=1e-5)


def test_far_from_zero():
    """Where `E[x^2] - E[x]^2` would have no digits left."""
    real, generated = features(40, 0), features(40, 1)
    metric = FID(net=lambda x: x)
    metric.update_features(real + 1e6, generated + 1e6)
    expected = reference(real, generated)
    np.testing.assert_allclose(metric.result(), expected, rtol=1e-6)


def test_gaussians_by_hand():
    zero = np.zeros(2)
    distance = frechet_distance(zero, np.diag([4.0, 9.0]), zero + 1, np.eye(2))
    np.testing.assert_allclose(distance, 2 + (2 - 1) ** 2 + (3 - 1) ** 2)


def test_with_a_network_and_from_config():
    rng = np.random.default_rng(0)
    real, generated = rng.uniform(-1, 1, (2, 9, 8, 8, 3)).astype("float32")
    metric = FID(small_net())
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(metric)
    )
    copy.net.set_weights(metric.net.get_weights())
    for each in (metric, copy):
        each.update_state(real, generated)
        assert np.isfinite(each.result())
    assert copy.result() == metric.result()


def test_weights_are_refused():
    with pytest.raises(ValueError, match="Received: sample_weight="):
        FID(lambda x: x).update_state(np.ones((2, 1)), np.ones((2, 1)), [1, 2])


@pytest.mark.skipif(
    keras.backend.backend() == "torch", reason="PyTorch traces no graph"
)
def test_says_what_to_do_in_a_graph():
    images = np.zeros((2, 8, 8, 3), "float32")
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Identity()])
    model.compile(loss="mse", metrics=[FID(small_net())])
    with pytest.raises(RuntimeError, match="run_eagerly=True.*Received: "):
        model.evaluate(images, images, verbose=0)


@pytest.mark.requires_tensorflow
def test_in_a_model_that_runs_eagerly():
    rng = np.random.default_rng(0)
    real, generated = rng.uniform(-1, 1, (2, 9, 8, 8, 3)).astype("float32")
    net = small_net()
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Identity()])
    model.compile(loss="mse", metrics=[FID(net)], run_eagerly=True)
    logs = model.evaluate(generated, real, batch_size=4, verbose=0, return_dict=True)
    expected = reference(*(as_numpy(net(images)) for images in (real, generated)))
    np.testing.assert_allclose(logs["fid"], expected, rtol=1e-3)


def test_dtype_is_taken_as_by_every_metric():
    metric = FID(small_net(), dtype="float64")
    copy = FID.from_config(metric.get_config())
    assert metric.dtype == copy.dtype == "float64"
