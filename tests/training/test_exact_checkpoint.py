import numpy as np
import pytest
import tensorflow as tf

from aan_keras.training import ExactCheckpoint, load_checkpoint

from .tiny_gan import compiled_tiny_gan


def dataset():
    images = np.random.default_rng(0).uniform(-1, 1, (2, 32, 32, 3)).astype("float32")
    return tf.data.Dataset.from_tensors({"source": images, "driving": images}).repeat()


def fit(directory, steps, epochs=1, **arguments):
    model = compiled_tiny_gan()
    callback = ExactCheckpoint(directory, **arguments)
    model.fit(
        dataset(), steps_per_epoch=steps, epochs=epochs, callbacks=[callback], verbose=0
    )
    return model


def test_keeps_the_last_two_and_saves_the_end(tmp_path):
    model = fit(tmp_path, steps=7, every=2, metadata={"seed": 3})
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == ["step_00000006.npz", "step_00000007.npz"]
    metadata = load_checkpoint(model, tmp_path / names[1])
    assert metadata == {"seed": 3, "step": 7}


def test_steps_are_counted_over_epochs_and_sessions(tmp_path):
    fit(tmp_path, steps=3, epochs=2, every=4, first_step=10, keep=9)
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == ["step_00000012.npz", "step_00000016.npz"]


def test_bad_arguments(tmp_path):
    with pytest.raises(ValueError, match="Received: 0"):
        ExactCheckpoint(tmp_path, every=2, keep=0)
    with pytest.raises(ValueError, match="Received: -1"):
        ExactCheckpoint(tmp_path, every=-1)
