import pathlib

import keras
import numpy as np
import pytest

from aan_keras.evaluation import networks
from aan_keras.evaluation.networks import find_networks
from aan_keras.faces import InputError


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home without Keras's cache."""
    monkeypatch.setattr(pathlib.Path, "home", lambda: tmp_path / "home")
    return tmp_path / "home"


def test_nothing_on_disk_is_said_and_not_made_up(tmp_path):
    for folder in (None, tmp_path):
        found = find_networks(folder)
        assert (found.arcface, found.lpips, found.inception) == (None, None, None)
        assert len(found.skipped) == 3
        assert "LPIPS skipped: lpips.onnx is not on disk" in found.skipped


def test_missing_folder(tmp_path):
    with pytest.raises(InputError, match="there is no folder"):
        find_networks(tmp_path / "none")


@pytest.fixture
def small_inception(monkeypatch):
    """A small network in InceptionV3's place, which takes seconds to build."""

    def make(weights, pooling, include_top, input_shape):
        assert (weights, pooling, include_top) == (None, "avg", False)
        image = keras.Input(input_shape)
        x = keras.layers.Conv2D(5, 9, strides=9)(image)
        return keras.Model(image, keras.layers.GlobalAveragePooling2D()(x))

    monkeypatch.setattr(keras.applications, "InceptionV3", make)
    return make(None, "avg", False, (299, 299, 3))


def test_keras_cache_is_looked_into(home, small_inception):
    file = home / ".keras" / "models" / networks.INCEPTION_FILE
    file.parent.mkdir(parents=True)
    file.write_bytes(b"")
    found = find_networks()
    assert found.inception.path == file
    assert len(found.skipped) == 2
    with pytest.raises(InputError, match="cannot read the network"):
        found.inception(np.zeros((1, 8, 8, 3), "uint8"))


def test_inception_reads_the_file_and_pools(tmp_path, small_inception):
    path = tmp_path / "net.weights.h5"
    small_inception.save_weights(path)
    images = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    resized = keras.ops.image.resize(images.astype("float32") / 127.5 - 1, (299, 299))
    expected = np.asarray(small_inception(resized))
    found = networks.inception(path)(images)
    np.testing.assert_allclose(found, expected, atol=1e-5)
