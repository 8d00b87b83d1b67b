"""Two people to evaluate: the package's portrait, and that portrait mirrored in red."""

import cv2
import numpy as np
import pytest

from aan_keras.demo import PORTRAIT
from aan_keras.faces import FaceCrop, read_photo
from tests.models.tiny import tiny_reenactor

SIZE = 128
MOTION = ((0, 0), (3, 2), (-4, 8), (6, -9), (2, 4))


@pytest.fixture(scope="session")
def portrait_crop(landmarker):
    """uint8 `[128, 128, 3]`: a face as it is cut for training."""
    photo = read_photo(PORTRAIT)
    return FaceCrop.around(landmarker(photo)[0].box, photo.shape).cut(photo, SIZE)


@pytest.fixture(scope="session")
def people(portrait_crop, landmarker, tmp_path_factory):
    """Frame folders: anna/v0 and ben/v0 with five frames, cora/p0 with two."""
    path = tmp_path_factory.mktemp("people")
    other = portrait_crop[:, ::-1] * np.array([1.0, 0.8, 0.7])
    other = other.astype("uint8")
    for name, image, moves in (
        ("anna/v0", portrait_crop, MOTION),
        ("ben/v0", other, MOTION),
        ("cora/p0", cv2.GaussianBlur(other, (0, 0), 0.7), MOTION[:2]),
    ):
        folder = path / name
        folder.mkdir(parents=True)
        landmarks = []
        for i, (shift, roll) in enumerate(moves):
            matrix = cv2.getRotationMatrix2D((64, 64), roll, 1 + 0.01 * shift)
            matrix[:, 2] += shift
            frame = cv2.warpAffine(
                image, matrix, (SIZE, SIZE), borderMode=cv2.BORDER_REPLICATE
            )
            landmarks.append(landmarker(frame)[0].landmarks)
            cv2.imwrite(str(folder / f"{i:04d}.png"), frame[..., ::-1])
        np.save(folder / "landmarks.npy", np.stack(landmarks))
    return path


@pytest.fixture(scope="session")
def tiny_preset(tmp_path_factory):
    """A preset of 64 pixels that has learned nothing."""
    path = tmp_path_factory.mktemp("presets") / "tiny"
    model = tiny_reenactor(
        output="residual", flow_prior="tps", local_net=False, num_fusion_blocks=2
    )
    model.save_to_preset(path)
    return path
