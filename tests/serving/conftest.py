"""Servers that the tests of this folder share."""

import keras
import numpy as np
import pytest

from aan_keras.exporting import export_saved_model
from aan_keras.serving import DevelopmentServer
from tests.models.tiny import LAYERED, LIGHT, shake, tiny_reenactor
from tests.serving.toy_model import write_toy


@pytest.fixture(scope="session")
def reenactor():
    keras.utils.set_random_seed(0)
    model = tiny_reenactor(**{**LIGHT, **LAYERED}, background=True)
    shake(model, 0.05)
    return model


@pytest.fixture(scope="session")
def server(reenactor, tmp_path_factory):
    """Serves `aan`, a small reenactor, and `toy`."""
    models = tmp_path_factory.mktemp("models")
    # Warm-up is tested with less: it runs every signature.
    export_saved_model(reenactor, models / "aan" / "7", version=7, warm_up=False)
    write_toy(models / "toy" / "1", factor=3)
    with DevelopmentServer(models, port=0, rest_port=0, poll_seconds=3600) as server:
        yield server


@pytest.fixture(scope="session")
def addresses(server):
    """Where `server` is, by scheme."""
    return {
        "grpc": f"grpc://127.0.0.1:{server.port}",
        "http": f"http://127.0.0.1:{server.rest_port}",
    }


@pytest.fixture(scope="session")
def clip():
    """Inputs of `animate`: a photo, its landmarks, and 7 sets that move."""
    rng = np.random.default_rng(0)
    landmarks = rng.uniform(12, 52, (68, 2))
    moved = landmarks + rng.normal(0, 1.5, (7, 68, 2))
    return {
        "source": rng.integers(0, 256, (64, 64, 3), "uint8"),
        "source_landmarks": landmarks.astype("float32"),
        "driving_landmarks": moved.astype("float32"),
    }


@pytest.fixture(scope="session")
def expected(reenactor, clip):
    """What Keras makes of `clip`, frame by frame, uint8 `[7, 64, 64, 3]`."""
    source = clip["source"][None].astype("float32") / 127.5 - 1
    code = reenactor.encode_source(source, clip["source_landmarks"][None])
    images = [
        np.asarray(reenactor.drive(code, landmarks[None]), "float64")[0]
        for landmarks in clip["driving_landmarks"]
    ]
    return np.round(np.clip((np.stack(images) + 1) * 127.5, 0, 255)).astype("uint8")
