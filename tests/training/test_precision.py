import types

import pytest
import tensorflow as tf

from aan_keras.training.precision import choose_precision


@pytest.mark.parametrize(
    "capability, expected",
    [
        (None, "float32"),
        ((7, 5), "mixed_float16"),
        ((8, 0), "mixed_bfloat16"),
        ((9, 0), "mixed_bfloat16"),
    ],
)
def test_follows_the_device(monkeypatch, capability, expected):
    gpus = [] if capability is None else ["GPU:0"]
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: gpus)
    monkeypatch.setattr(
        tf.config.experimental,
        "get_device_details",
        lambda gpu: {"compute_capability": capability},
    )
    assert choose_precision() == expected


@pytest.mark.parametrize(
    "device, expected",
    [
        ({}, "float32"),
        ({"compute_capability": "7.5"}, "float32"),
        ({"compute_capability": "8.0"}, "mixed_bfloat16"),
        ({"compute_capability": "10.3"}, "mixed_bfloat16"),
    ],
)
def test_with_jax_follows_its_device(monkeypatch, device, expected):
    jax = pytest.importorskip("jax")
    device = types.SimpleNamespace(**device)
    monkeypatch.setattr(jax, "devices", lambda: [device])
    assert choose_precision("jax") == expected
