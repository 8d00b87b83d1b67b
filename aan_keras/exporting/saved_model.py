"""Reenactor to SavedModel."""

import pathlib
import tempfile

import tensorflow as tf

from aan_keras.exporting import metadata
from aan_keras.exporting.inference_model import inference_model
from aan_keras.exporting.serving_module import ServingModule
from aan_keras.exporting.warm_up import (
    remove_warm_up,
    require_warm_up,
    write_warm_up,
)


def export_saved_model(
    reenactor, path, *, preset=None, version=None, warm_up=True, name="aan"
):
    """Writes a SavedModel that serves the model without Keras.

    Its signatures are those of `ServingModule`. Convolutions are plain, weights are the
    moving averages where training kept them, everything is float32, and the batch is
    free. `assets/aan_metadata.json` says what the model is, and
    `assets.extra/tf_serving_warmup_requests` what a server should run first.

    Args:
        reenactor: `aan_keras.Reenactor`, of any configuration.
        path: folder, of which an export that is there is overwritten; see
            `export_version` to write one that a server may be polling.
        preset: name of the preset, for the metadata.
        version: number of the version, for the metadata.
        warm_up: write the warm-up requests (needs `tensorflow-serving-api`).
        name: of the model on the server, in the warm-up requests.

    Raises:
        InputError: `tensorflow-serving-api` is not installed; nothing is written then.
    """
    if warm_up:
        require_warm_up()
    path = pathlib.Path(path)
    description = metadata.describe(reenactor, preset=preset, version=version)
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / metadata.FILE_NAME
        file.write_text(metadata.to_json(description))
        model = inference_model(reenactor)
        module = ServingModule(model, file)
        remove_warm_up(path)
        tf.saved_model.save(module, str(path), signatures=module.signatures())
    if warm_up:
        write_warm_up(path, reenactor.image_size, name)
