import json
import pathlib

import keras
import numpy as np
import pytest
from keras import ops

from aan_keras.layers.spectral_conv2d import SpectralConv2D
from tests.layers.check_layer import as_numpy, check_layer, gradients

REFERENCE = pathlib.Path(__file__).parents[1] / "references" / "spectral_conv2d.npz"
ARGUMENTS = {
    "plain": {"padding": "same"},
    "strided_without_bias": {"strides": 2, "use_bias": False},
    "dilated": {"dilation_rate": 2},
    "grouped": {"groups": 2, "padding": "same"},
    "three_iterations": {"padding": "same", "power_iterations": 3},
}


def image(channels=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(3, 7, 6, channels)).astype("float32")


def spectral_norm(kernel):
    kernel = as_numpy(kernel).astype("float64")
    return np.linalg.norm(kernel.reshape(-1, kernel.shape[-1]), 2)


@pytest.mark.parametrize(
    "arguments, trainable, shape",
    [
        ({}, 2, (3, 5, 4, 8)),
        ({"padding": "same", "strides": 2, "activation": "tanh"}, 2, (3, 4, 3, 8)),
        ({"use_bias": False, "dilation_rate": (2, 1), "groups": 2}, 1, (3, 3, 4, 8)),
        ({"power_iterations": 4, "kernel_regularizer": "l2"}, 2, (3, 5, 4, 8)),
    ],
)
def test_layer(arguments, trainable, shape):
    kwargs = {"filters": 8, "kernel_size": 3, **arguments}
    check_layer(SpectralConv2D, kwargs, [image()], shape, trainable, 2)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_outputs_vectors_and_kernel_gradients_equal_pytorch(name):
    reference = np.load(REFERENCE)
    x = reference["x"]
    layer = SpectralConv2D(6, 3, **ARGUMENTS[name])
    layer.build(x.shape)
    for weight in ("kernel", "u", "v", "bias")[: 4 if layer.use_bias else 3]:
        getattr(layer, weight).assign(reference[f"{name}/{weight}"])
    for step, training in enumerate((True, True, False)):
        expected = {
            key: reference[f"{name}/{step}/{key}"]
            for key in ("y", "weight", "gradient", "u", "v")
        }
        start = as_numpy(layer.u), as_numpy(layer.v)
        weight = expected["weight"]
        (gradient, *_), _ = gradients(layer, [x], training, weight)
        np.testing.assert_allclose(
            as_numpy(gradient), expected["gradient"], rtol=1e-5, atol=1e-5
        )
        # Both calls start from the same vectors, like PyTorch's one call.
        layer.u.assign(start[0])
        layer.v.assign(start[1])
        y = as_numpy(layer(x, training=training))
        np.testing.assert_allclose(y, expected["y"], rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(as_numpy(layer.u), expected["u"], atol=1e-6)
        np.testing.assert_allclose(as_numpy(layer.v), expected["v"], atol=1e-6)


def test_training_does_not_touch_the_stored_kernel():
    layer = SpectralConv2D(5, 3)
    layer.build((None, 8, 8, 4))
    kernel = 10.0 * as_numpy(layer.kernel)
    layer.kernel.assign(kernel)
    for _ in range(3):
        layer(image(), training=True)
    np.testing.assert_array_equal(as_numpy(layer.kernel), kernel)


def test_vectors_move_in_training_only():
    layer = SpectralConv2D(5, 3)
    layer.build((None, 8, 8, 4))
    layer.u.assign(np.eye(5)[0])
    layer.v.assign(np.eye(36)[0])
    before = as_numpy(layer.u), as_numpy(layer.v)
    layer(image())
    layer(image(), training=False)
    np.testing.assert_array_equal(as_numpy(layer.u), before[0])
    layer(image(), training=True)
    assert np.abs(as_numpy(layer.u) - before[0]).max() > 0.1
    assert np.abs(as_numpy(layer.v) - before[1]).max() > 0.1


def test_many_iterations_give_norm_one():
    layer = SpectralConv2D(16, 3, power_iterations=200)
    layer(image(), training=True)
    assert spectral_norm(layer.fold().kernel) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_a_fresh_layer_is_usable_at_inference(seed):
    initializer = keras.initializers.HeNormal(seed)
    layer = SpectralConv2D(32, 3, kernel_initializer=initializer)
    layer.build((None, None, None, 24))
    assert np.linalg.norm(as_numpy(layer.u)) == pytest.approx(1, abs=1e-5)
    assert np.linalg.norm(as_numpy(layer.v)) == pytest.approx(1, abs=1e-5)
    assert 1.0 <= spectral_norm(layer.fold().kernel) < 1.1


def test_scale_of_the_kernel_does_not_matter():
    layer = SpectralConv2D(6, 3, use_bias=False)
    x = image()
    expected = as_numpy(layer(x))
    layer.kernel.assign(1000.0 * as_numpy(layer.kernel))
    np.testing.assert_allclose(as_numpy(layer(x)), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("use_bias", [True, False])
def test_fold_gives_the_same_inference_as_a_plain_convolution(use_bias):
    layer = SpectralConv2D(
        8, 3, strides=2, groups=2, activation="relu", use_bias=use_bias, name="head"
    )
    layer(image(), training=True)
    plain = layer.fold()
    assert type(plain) is keras.layers.Conv2D
    assert plain.built and plain.name == "head"
    assert len(plain.weights) == 1 + use_bias
    np.testing.assert_allclose(
        as_numpy(plain(image(seed=1))), as_numpy(layer(image(seed=1))), atol=1e-6
    )
    # The folded layer is a copy: training goes on without changing it.
    before = as_numpy(plain.kernel)
    layer.kernel.assign(2.0 + as_numpy(layer.kernel))
    np.testing.assert_array_equal(as_numpy(plain.kernel), before)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_spectral_norm_is_computed_in_float32_in_mixed_precision(policy):
    exact, mixed = SpectralConv2D(8, 3), SpectralConv2D(8, 3, dtype=policy)
    exact.build((None, None, None, 4))
    mixed.build((None, None, None, 4))
    # A kernel whose squares overflow float16, and whose digits bfloat16 rounds off.
    exact.kernel.assign(500.0 + as_numpy(exact.kernel))
    mixed.set_weights(exact.get_weights())
    for _ in range(2):
        exact(image(), training=True)
        assert np.all(np.isfinite(as_numpy(mixed(image(), training=True))))
    np.testing.assert_allclose(as_numpy(mixed.u), as_numpy(exact.u), atol=1e-6)
    np.testing.assert_allclose(as_numpy(mixed.v), as_numpy(exact.v), atol=1e-6)


def test_channels_first_equals_channels_last():
    last = SpectralConv2D(6, 3, padding="same", strides=2)
    first = SpectralConv2D(
        6, 3, padding="same", strides=2, data_format="channels_first"
    )
    x = image()
    expected = as_numpy(last(x))
    x = x.transpose(0, 3, 1, 2)
    first.build(x.shape)
    first.set_weights(last.get_weights())
    assert first.compute_output_shape(x.shape) == (3, 6, 4, 3)
    outputs = as_numpy(ops.transpose(first(x), (0, 2, 3, 1)))
    np.testing.assert_allclose(outputs, expected, atol=1e-6)


def test_regularizer_acts_on_the_stored_kernel():
    layer = SpectralConv2D(6, 3, kernel_regularizer=keras.regularizers.L2(0.5))
    layer(image())
    layer.kernel.assign(3.0 * as_numpy(layer.kernel))
    expected = 0.5 * np.square(as_numpy(layer.kernel)).sum()
    assert float(layer.losses[0]) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"filters": 0}, "filters"),
        ({"kernel_size": 0}, "kernel_size"),
        ({"strides": 2, "dilation_rate": 2}, "dilation_rate"),
        ({"groups": 3}, "groups"),
        ({"padding": "causal"}, "padding"),
        ({"data_format": "sideways"}, "data_format"),
        ({"power_iterations": 0}, "power_iterations.*Received: power_iterations=0"),
        ({"power_iterations": 1.5}, "Received: power_iterations=1.5"),
        ({"epsilon": 0.0}, "epsilon.*Received: epsilon=0.0"),
        ({"kernel_initializer": "zeros"}, "kernel of zeros.*Received"),
        (
            {"kernel_initializer": keras.initializers.Constant(0.0)},
            "kernel of zeros.*Received",
        ),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        SpectralConv2D(**{"filters": 8, "kernel_size": 3, **arguments})


def test_a_frozen_layer_keeps_its_vectors():
    layer = SpectralConv2D(4, 3)
    layer.build((None, 8, 8, 3))
    layer.u.assign(np.full(4, 0.5))
    layer.trainable = False
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
    expected = as_numpy(layer(x))
    np.testing.assert_array_equal(as_numpy(layer(x, training=True)), expected)
    np.testing.assert_array_equal(as_numpy(layer.u), 0.5)
    layer.trainable = True
    layer(x, training=True)
    assert np.abs(as_numpy(layer.u) - 0.5).max() > 1e-3


def test_bad_inputs():
    with pytest.raises(ValueError, match="groups.*Received"):
        SpectralConv2D(8, 3, groups=4).build((None, 8, 8, 6))
    with pytest.raises(ValueError, match="Received"):
        SpectralConv2D(8, 3).build((None, 8, 8, None))
    with pytest.raises(ValueError, match="fold.*Received"):
        SpectralConv2D(8, 3).fold()


def test_config_holds_plain_values():
    layer = SpectralConv2D(8, 3, activation="relu", kernel_constraint="max_norm")
    config = json.loads(json.dumps(layer.get_config()))
    assert config["activation"] == "relu"
    assert tuple(config["kernel_size"]) == (3, 3)
