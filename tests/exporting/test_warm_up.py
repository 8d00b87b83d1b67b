"""Where the warm-up requests of an export are written, and when they can't be."""

import importlib.util

import numpy as np
import pytest
import tensorflow as tf

from aan_keras.exporting import export_saved_model, saved_model, warm_up
from aan_keras.faces import InputError


class Model:
    image_size = 64


@pytest.fixture
def written(monkeypatch):
    """Folders of exports, of which only the warm-up requests are real."""
    folders = []

    class Module:
        def __init__(self, *_):
            pass

        def signatures(self):
            return {}

    def example(size):
        landmarks = np.zeros((9, 68, 2), "float32")
        return np.zeros((size, size, 3), "uint8"), landmarks[0], landmarks

    def save(module, path, signatures):
        tf.io.gfile.makedirs(path)
        folders.append(path)

    monkeypatch.setattr(saved_model.metadata, "describe", lambda *_, **__: {})
    monkeypatch.setattr(saved_model, "inference_model", lambda model: model)
    monkeypatch.setattr(saved_model, "ServingModule", Module)
    monkeypatch.setattr(warm_up, "bundled_example", example)
    monkeypatch.setattr(tf.saved_model, "save", save)
    return folders


def test_onto_an_earlier_export(written, tmp_path):
    export_saved_model(Model, tmp_path / "1")
    file = tmp_path / "1" / warm_up.FILE_NAME
    fresh = file.read_bytes()
    file.write_bytes(b"old")
    export_saved_model(Model, tmp_path / "1")
    assert file.read_bytes() == fresh
    export_saved_model(Model, tmp_path / "1", warm_up=False)
    assert not file.exists() and len(written) == 3


def test_without_the_package_nothing_is_written(written, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="export without them"):
        export_saved_model(Model, tmp_path / "1")
    assert written == [] and not list(tmp_path.iterdir())
    export_saved_model(Model, tmp_path / "1", warm_up=False)
    assert written == [str(tmp_path / "1")]
