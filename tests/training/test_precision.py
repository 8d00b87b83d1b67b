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
