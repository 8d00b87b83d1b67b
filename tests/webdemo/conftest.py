"""A server with a reenactor that only copies, and photos made from the portrait."""

import cv2
import numpy as np
import pytest

from aan_keras.demo import MOTION
from aan_keras.faces import LandmarkTrack, VideoWriter, write_photo
from aan_keras.models.landmark_transformer import LandmarkTransformer
from aan_keras.webdemo.demo_models import DemoModels
from aan_keras.webdemo.server import serving
from tests.copier import Copier


@pytest.fixture(scope="session")
def models():
    models = DemoModels(Copier(), LandmarkTransformer.from_preset())
    models.warm_up()
    return models


@pytest.fixture(scope="session")
def server(models):
    """`(address, app)` of a running server on a free port."""
    with serving(models, port=0) as running:
        yield running


@pytest.fixture(scope="session")
def track():
    return LandmarkTrack.load(MOTION)


@pytest.fixture(scope="session")
def folder(tmp_path_factory, portrait):
    """Files that visitors might give."""
    folder = tmp_path_factory.mktemp("visitor")
    write_photo(folder / "green.png", _tinted(portrait, (0.4, 1.0, 0.4)))
    write_photo(folder / "red.png", _tinted(portrait, (1.0, 0.4, 0.4)))
    small = cv2.resize(portrait, (320, 320), interpolation=cv2.INTER_AREA)
    small = _tinted(np.pad(small, ((0, 192), (0, 0), (0, 0)), "edge"), (0.6, 1, 0.6))
    write_photo(folder / "two.png", np.hstack([small, portrait]))
    write_photo(folder / "empty.png", np.full((300, 300, 3), 120, "uint8"))
    (folder / "text.mp4").write_text("not a video")
    (folder / "text.png").write_text("not a photo")
    with VideoWriter(folder / "clip.mp4", 25) as video:
        for shift in range(12):
            video.write(np.roll(portrait, shift, axis=1))
    return folder


def _tinted(image, weights):
    return np.round(image * np.array(weights)).astype("uint8")
