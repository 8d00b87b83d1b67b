"""Hair, neck and body around a face."""

import cv2
import numpy as np
import pytest

from aan_keras.demo import MOTION, PORTRAIT
from aan_keras.faces import DlibLandmarker, FaceCrop, LandmarkTrack, read_photo
from aan_keras.faces.person_mask import person_mask

SIZE = 128


def drawn(hair, seed=0):
    """A figure before a wall, whose hair is `hair` faces wide."""
    generator = np.random.default_rng(seed)
    face = LandmarkTrack.load(MOTION).landmarks[0]
    down = face[8] - face[17:27].mean(0)
    upright = np.array([[down[1], -down[0]], down]) / np.linalg.norm(down)
    face = (face - face.mean(0)) @ upright.T
    face = face * (36 / np.ptp(face[:, 0])) + (SIZE / 2, SIZE * 0.52)
    centre = face.mean(0).round().astype(int)
    parts = np.zeros((SIZE, SIZE), "uint8")
    cv2.ellipse(parts, centre - (0, 12), (int(18 * hair), 34), 0, 0, 360, 1, -1)
    body = [(4, 128), (12, 112), (30, 102), (46, 92), (50, 78)]
    body += [(SIZE - x, y) for x, y in reversed(body)]
    cv2.fillPoly(parts, [np.array(body)], 2)
    cv2.ellipse(parts, centre - (0, 4), (17, 24), 0, 0, 360, 3, -1)
    colours = np.array([(60, 110, 160), (70, 40, 20), (150, 30, 40), (215, 170, 140)])
    noise = generator.normal(0, 12, (SIZE, SIZE, 3))
    # A wall of one colour would be split between five Gaussians.
    y, x = np.mgrid[:SIZE, :SIZE] / 9
    wall = np.sin(x[..., None] + (0, 1, 2)) * np.cos(y)[..., None]
    wall *= 40 * (parts == 0)[..., None]
    image = colours[parts] + wall + cv2.GaussianBlur(noise, (0, 0), 1)
    image = np.clip(image, 0, 255)
    return image.astype("uint8"), face, parts > 0


def overlap(found, wanted):
    return (found & wanted).sum() / (found | wanted).sum()


@pytest.mark.parametrize("hair", [1.1, 1.5, 1.9])
def test_a_figure_is_found(hair):
    image, face, person = drawn(hair)
    mask = person_mask(image, face)
    assert mask.shape == (SIZE, SIZE) and mask.dtype == np.float32
    assert set(np.unique(mask)) == {0, 1}
    assert overlap(mask > 0, person) > 0.93


def test_a_head_that_is_tilted():
    """Its frame is that of the landmarks: a turned picture has a turned mask."""
    image, face, person = drawn(1.5)
    turn = cv2.getRotationMatrix2D((SIZE / 2, SIZE / 2), 25, 1)
    size, border = (SIZE, SIZE), cv2.BORDER_REPLICATE
    turned = cv2.warpAffine(image, turn, size, borderMode=border)
    wanted = cv2.warpAffine(person.astype("uint8"), turn, size, borderMode=border) > 0
    found = person_mask(turned, face @ turn[:, :2].T + turn[:, 2]) > 0
    assert overlap(found, wanted) > 0.9


def test_the_portrait():
    photo = read_photo(PORTRAIT)
    face = DlibLandmarker()(photo)[0]
    crop = FaceCrop.around(face.box, photo.shape)
    image, landmarks = crop.cut(photo, SIZE), crop.to_crop(face.landmarks, SIZE)
    mask = person_mask(image, landmarks)
    x, y = landmarks.round().astype(int).T
    assert mask[y, x].all()
    width = np.ptp(landmarks[:, 0])
    hair = landmarks[17:27].mean(0) - (0, 0.45 * width)
    assert mask[int(hair[1]), int(hair[0])] == 1
    assert mask[: SIZE // 4, :6].mean() < 0.05 and mask[: SIZE // 4, -6:].mean() < 0.05
    assert mask[-4:, SIZE // 3 : -SIZE // 3].mean() > 0.9
    assert 0.25 < mask.mean() < 0.75


def test_a_face_that_fills_the_picture():
    image, face, _ = drawn(1.5)
    close = (face - SIZE / 2) * 5 + SIZE / 2
    assert person_mask(image, close).all()


def test_the_same_picture_has_the_same_mask():
    generator = np.random.default_rng(0)
    image = generator.integers(0, 256, (SIZE, SIZE, 3)).astype("uint8")
    _, face, _ = drawn(1.2)
    masks = []
    for _ in range(5):
        cv2.randu(np.zeros(3), 0, 1)  # what else a process draws from OpenCV
        masks.append(person_mask(image, face))
    assert 0 < masks[0].mean() < 1
    for mask in masks[1:]:
        np.testing.assert_array_equal(mask, masks[0])
