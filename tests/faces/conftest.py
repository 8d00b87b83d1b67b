"""Photos and clips made from the one real face that the package holds."""

import cv2
import numpy as np
import pytest

from aan_keras.faces import VideoWriter


@pytest.fixture(scope="session")
def face(portrait, landmarker):
    """The portrait's `Face`."""
    return landmarker(portrait)[0]


@pytest.fixture(scope="session")
def moved(portrait):
    """Callable: the portrait's head, 256 x 256, shifted, scaled and rolled."""

    def move(dx=0.0, dy=0.0, scale=1.0, roll=0.0):
        matrix = cv2.getRotationMatrix2D((224, 124), roll, 0.8 * scale)
        matrix[:, 2] += (128 - 224 + dx, 128 - 124 + dy)
        return cv2.warpAffine(
            portrait, matrix, (256, 256), borderMode=cv2.BORDER_REPLICATE
        )

    return move


@pytest.fixture(scope="session")
def blank():
    return np.full((256, 256, 3), 90, "uint8")


@pytest.fixture
def write_clip(tmp_path):
    """Callable: writes images as a video and returns its path."""

    def write(images, name="clip.mp4", fps=25):
        with VideoWriter(tmp_path / name, fps) as video:
            for image in images:
                video.write(image)
        return tmp_path / name

    return write
