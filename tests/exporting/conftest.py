"""A small exported model that the tests of this folder share."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from aan_keras.exporting import export_saved_model
from tests.models.tiny import DEPARTURES, LIGHT, batch_of, shake, tiny_reenactor


@pytest.fixture(scope="session")
def reenactor():
    """Everything that inference must take into account: spectral norm, moving
    statistics away from their start, weights away from zero."""
    keras.utils.set_random_seed(0)
    arguments = {**DEPARTURES, "flow_prior": "layered", "spectral_norm": True}
    arguments |= {"head_motion": "ellipsoid", "shading": True}
    arguments |= {"residual_around_face": 0.3, "lip_colour": True}
    arguments |= {"mouth_inside": True}
    model = tiny_reenactor(**arguments, exposure=True, anchor=True, background=True)
    shake(model, 0.1)
    model.generate(batch_of(4), training=True)
    return model


@pytest.fixture(scope="session")
def light(tmp_path_factory):
    """A model and its SavedModel, for tests of what any model has: TensorFlow prepares
    it several times faster."""
    keras.utils.set_random_seed(0)
    model = tiny_reenactor(**LIGHT)
    shake(model, 0.1)
    path = tmp_path_factory.mktemp("light") / "7"
    export_saved_model(model, path, warm_up=False)
    return model, path


@pytest.fixture(scope="session")
def exported(reenactor, tmp_path_factory):
    """Path of its SavedModel."""
    path = tmp_path_factory.mktemp("saved_model") / "7"
    export_saved_model(reenactor, path, preset="tiny", version=7, name="faces")
    return path


@pytest.fixture(scope="session")
def loaded(exported):
    """The SavedModel, loaded as TensorFlow loads any."""
    return tf.saved_model.load(str(exported))


@pytest.fixture(scope="session")
def request_arrays():
    """Inputs of `serving_default`, batch 3."""
    arrays = {name: np.asarray(value) for name, value in batch_of(3).items()}
    arrays["source"] = np.round((arrays["source"] + 1) * 127.5).astype("uint8")
    return arrays


@pytest.fixture(scope="session")
def shrinking(request_arrays):
    """Of heads that become smaller, so that there is background behind them."""
    landmarks = (request_arrays["source_landmarks"] - 32) * 0.7 + 32
    return {**request_arrays, "driving_landmarks": landmarks}


@pytest.fixture(scope="session")
def expected_motion(reenactor, shrinking):
    """Flow and fill as Keras makes them, `[3, ...]` each."""
    source = shrinking["source"].astype("float32") / 127.5 - 1
    code = reenactor.encode_source(source, shrinking["source_landmarks"])
    _, flow, filled = reenactor.drive_with_fill(code, shrinking["driving_landmarks"])
    return np.asarray(flow), np.asarray(filled)[..., 0]


@pytest.fixture(scope="session")
def expected(reenactor, request_arrays):
    """What Keras makes of `request_arrays`, uint8."""
    return keras_images(reenactor, request_arrays)


def keras_images(reenactor, arrays):
    """uint8 `[3, S, S, 3]` of inputs of `serving_default`."""
    inputs = dict(arrays)
    inputs["source"] = inputs["source"].astype("float32") / 127.5 - 1
    image = np.asarray(reenactor(inputs), "float64")
    return np.round(np.clip((image + 1) * 127.5, 0, 255)).astype("uint8")
