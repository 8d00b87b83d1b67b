"""Raw clips made from the one real face that the package holds."""

import importlib.util

import cv2
import pytest

from aan_keras.faces import DlibLandmarker
from aan_keras.preparation.layouts import RawClip
from tests.faces.conftest import blank, face, moved, write_clip

# Apache Beam has an environment of its own, see `make test-beam`.
collect_ignore = (
    [] if importlib.util.find_spec("apache_beam") else ["test_beam_pipeline.py"]
)
__all__ = ["blank", "face", "moved", "write_clip"]


@pytest.fixture(scope="session")
def landmarker():
    return DlibLandmarker(refine=True)


@pytest.fixture
def write_frames(tmp_path):
    """Callable: writes images to a folder of PNG files and returns its path."""

    def write(images, name="anna/clip"):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        for i, image in enumerate(images):
            cv2.imwrite(str(folder / f"{i:04d}.png"), image[..., ::-1])
        return folder

    return write


@pytest.fixture
def raw_clip():
    """Callable: a `RawClip` of a path."""

    def make(path, kind="video", split="train"):
        return RawClip("anna", path.stem, path, split, kind)

    return make
