import cv2
import numpy as np
import pytest

from aan_keras.data.clips import Clip
from aan_keras.data.face_images import FaceImages
from aan_keras.data.mirror import mirror_landmarks


def clip(identity, frames, size=64, is_photo_set=False, seed=0):
    """Frames whose brightness is their number, with a white dot at landmark 0."""
    landmarks = np.random.default_rng(seed).uniform(8, size - 8, (frames, 68, 2))
    landmarks[:, 0] = landmarks[:, 0].round()
    encoded = []
    for number in range(frames):
        image = np.full((size, size, 3), number, np.uint8)
        x, y = landmarks[number, 0].astype(int)
        image[y, x] = 255
        encoded.append(cv2.imencode(".png", image)[1].tobytes())
    points = landmarks.astype("float32")
    return Clip(identity, f"v{seed}", encoded, points, size, is_photo_set)


@pytest.fixture
def images():
    clips = [clip("anna", 9), clip("anna", 4, seed=1), clip("ben", 3, 128, True, 2)]
    return FaceImages(clips, image_size=64, frames_per_clip=5)


def test_long_clips_are_thinned_evenly(images):
    assert len(images) == 5 + 4 + 3
    shown = [round((images.image(i)[0][0, 0, 0] + 1) * 127.5) for i in range(12)]
    assert shown == [0, 2, 4, 6, 8, 0, 1, 2, 3, 0, 1, 2]
    np.testing.assert_array_equal(images.people, [0] * 9 + [1] * 3)
    np.testing.assert_array_equal(images.takes, [0] * 5 + [1] * 4 + [2] * 3)
    np.testing.assert_array_equal(images.is_video, [True] * 9 + [False] * 3)


def test_a_persons_weight_grows_with_the_root_of_the_images(images):
    assert images.weights.mean() == pytest.approx(1)
    anna, ben = images.weights[:9].sum(), images.weights[9:].sum()
    assert anna / ben == pytest.approx(np.sqrt(9 / 3))


@pytest.mark.parametrize("mirror", [False, True])
def test_landmarks_stay_on_the_image(images, mirror):
    image, landmarks = images.image(3, mirror)
    assert image.shape == (64, 64, 3) and image.dtype == np.float32
    assert image.max() == 1.0 and landmarks.dtype == np.float32
    y, x = np.unravel_index(image[..., 0].argmax(), (64, 64))
    np.testing.assert_array_equal(landmarks[16 if mirror else 0], [x, y])
    if mirror:
        plain = images.image(3)[1]
        np.testing.assert_allclose(landmarks, mirror_landmarks(plain, 64))


def test_other_sizes_are_resized(images):
    """Pixel centres are at integers: pixel 0 of 128 and pixel 1 make pixel 0 of 64."""
    image, landmarks = images.image(9)
    assert image.shape == (64, 64, 3)
    original = images.clips[2].landmarks[0]
    np.testing.assert_allclose(landmarks, (original - 0.5) / 2, atol=1e-5)
    y, x = np.unravel_index(image[..., 0].argmax(), (64, 64))
    assert np.abs(landmarks[0] - [x, y]).max() <= 0.5


def test_damaged_frame_is_named():
    clips = [clip("anna", 3)]
    clips[0].frames[1] = b"not a picture"
    images = FaceImages(clips, image_size=64)
    with pytest.warns(UserWarning, match="frame 1 of anna/v0 is not a readable image"):
        image, landmarks = images.image(1)
    np.testing.assert_allclose(image, 128 / 127.5 - 1, atol=1e-6)
    assert landmarks.shape == (68, 2)
