"""The benchmarks' count of multiply-accumulates."""

import importlib
from pathlib import Path

import keras
import pytest
import tensorflow as tf

import aan_keras

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def macs(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("macs")


def trace(function, *shapes):
    return tf.function(function).get_concrete_function(*map(tf.TensorSpec, shapes))


def test_convolutions_by_hand(macs):
    inputs = keras.Input((10, 8, 3))
    full = keras.layers.Conv2D(6, (3, 5), strides=2, padding="same", name="full")
    valid = keras.layers.Conv2D(4, 3, padding="valid", name="valid")
    depthwise = keras.layers.DepthwiseConv2D(3, depth_multiplier=2, name="depthwise")
    x = full(inputs)
    model = keras.Model(inputs, [valid(x), depthwise(x)])
    counts = macs.count_macs(trace(lambda x: model(x), (2, 10, 8, 3)))
    # 5 x 4 positions of 6 filters over 3 x 5 x 3 inputs; then "valid" leaves 3 x 2.
    expected = 2 * (5 * 4 * 6 * 45 + 3 * 2 * 4 * 54 + 3 * 2 * 12 * 9)
    assert sum(counts.values()) == expected


def test_products_by_hand(macs):
    dense = keras.layers.Dense(7)
    dense.build((2, 5))
    counts = macs.count_macs(trace(lambda x: dense(x), (2, 5)))
    assert sum(counts.values()) == 2 * 7 * 5

    def batched(a, b):
        return tf.matmul(a, b, transpose_a=True)

    counts = macs.count_macs(trace(batched, (3, 11, 4), (3, 11, 6)))
    assert sum(counts.values()) == 3 * 4 * 6 * 11


def test_equals_half_of_the_profilers_operations(macs):
    kernels = [tf.random.normal((3, 3, 3, 8)), tf.random.normal((1, 1, 8, 5))]

    def convolve(x):
        return tf.nn.conv2d(
            tf.nn.conv2d(x, kernels[0], 2, "SAME"), kernels[1], 1, "SAME"
        )

    function = trace(convolve, (2, 16, 16, 3))
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    profile = tf.compat.v1.profiler.profile(function.graph, options=options)
    counted = sum(macs.count_macs(function).values())
    assert 2 * counted == profile.total_float_ops


def test_refuses_what_it_cannot_count(macs):
    def loop(x):
        return tf.while_loop(lambda x: tf.reduce_sum(x) < 9.0, lambda x: (x @ x,), (x,))

    with pytest.raises(ValueError, match="No count .* Received: .*While"):
        macs.count_macs(trace(loop, (3, 3)))


def test_drive_at_256_px_costs_at_most_4_gmac(macs):
    model = aan_keras.Reenactor(
        image_size=256,
        width=16,
        heatmap_size=64,
        statistics="instance",
        spectral_norm=False,
        flow_prior="tps",
        warp_theta=True,
        output="residual",
    )
    encode, drive = map(macs.count_macs, macs.trace_model(model))
    assert sum(drive.values()) <= 4e9
    # Work on the source alone is not done again for a frame.
    assert "appearance_extractor" in encode
    assert "appearance_extractor" not in drive
    assert {"flow_estimator", "local_net", "fusion_net"} <= set(drive)
