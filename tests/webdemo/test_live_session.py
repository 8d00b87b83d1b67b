"""A camera frame in, a frame of the photo out."""

import threading
import types

import numpy as np
import pytest

from aan_keras.demo import PORTRAIT
from aan_keras.faces import (
    DlibLandmarker,
    Face,
    FaceCrop,
    LandmarkTrack,
    LargeCrop,
    PasteBack,
)
from aan_keras.reenactment import Reenactment
from aan_keras.webdemo.demo_models import DemoModels
from aan_keras.webdemo.live_session import LiveSession
from aan_keras.webdemo.source_photo import SourcePhoto
from tests.faces.turned_face import turned_face
from tests.test_complete_photo import photo_of


class Marker:
    """Paints the mouth's middle white: landmarks reach the image."""

    image_size = 64

    def encode_source(self, source, source_landmarks):
        return {"source": source}

    def drive(self, code, landmarks):
        import tensorflow as tf

        x, y = tf.unstack(tf.reduce_mean(landmarks[:, 48:], 1), axis=1)
        grid = tf.range(64.0)
        near = tf.abs(grid[None, :] - x) + tf.abs(grid[:, None] - y) < 3
        return tf.where(near[None, ..., None], 1.0, -1.0) * tf.ones((1, 64, 64, 3))


@pytest.fixture(scope="module")
def photo():
    return SourcePhoto(PORTRAIT)


def test_the_photo_follows_the_cameras_face(portrait, photo):
    session = LiveSession(DemoModels(Marker()), photo, mode="relative", smooth=False)
    places = []
    for shift in (0, 0, 0, 10):
        frame = session.step(np.roll(portrait, shift, axis=1))
        assert frame.has_face and frame.image.shape == (64, 64, 3)
        places.append(np.argwhere(frame.image[..., 0] == 255).mean(0))
    moved = places[3] - places[2]
    # Ten pixels of the photo, in pixels of its crop.
    wanted = 10 * 64 / photo.crop().side
    np.testing.assert_allclose(moved, [0, wanted], atol=0.6)


def test_own_photo_before_the_camera_gives_its_own_landmarks(portrait, photo, models):
    session = LiveSession(models, photo, mode="relative")
    frame = session.step(portrait)
    wanted = Reenactment(models.reenactor, PORTRAIT, PORTRAIT, mode="absolute")
    np.testing.assert_array_equal(frame.image, wanted.source_image)
    assert set(frame.milliseconds) == {"track", "transfer", "drive", "paste"}
    assert all(value >= 0 for value in frame.milliseconds.values())


def test_without_a_face_the_last_image_stays(portrait, photo, models):
    session = LiveSession(models, photo)
    blank = np.full_like(portrait, 90)
    frame = session.step(blank)
    assert not frame.has_face
    np.testing.assert_array_equal(
        frame.image, photo.crop().cut(photo.image, models.image_size)
    )
    # The next searches are skipped, one of a few frames finds the face.
    assert [session.step(portrait).has_face for _ in range(5)].count(True) >= 3


def test_paste_back_leaves_the_rest_of_the_photo(portrait, photo):
    session = LiveSession(DemoModels(Marker()), photo, mode="relative", paste_back=True)
    image = session.step(portrait).image
    crop = photo.crop()
    outside = np.ones(image.shape[:2], bool)
    outside[crop.y : crop.y + crop.side, crop.x : crop.x + crop.side] = False
    np.testing.assert_array_equal(image[outside], portrait[outside])
    assert np.abs(image[~outside].astype(int) - portrait[~outside]).max() > 50


def test_paste_back_moves_the_photo_where_the_model_says(portrait, photo):
    """The model's flow is of 8 of its 64 pixels, its images are of one colour."""

    class Mover(Marker):
        def drive_with_fill(self, code, landmarks):
            import tensorflow as tf

            still = tf.zeros((1, 16, 16, 1))
            flow = tf.concat([still + 2.0, still], axis=-1)
            return tf.ones((1, 64, 64, 3)), flow, tf.zeros((1, 64, 64, 1))

    session = LiveSession(DemoModels(Mover()), photo, paste_back=True, mode="relative")
    image, crop = session.step(portrait).image, photo.crop()
    flow = np.tile(np.float32([2, 0]), (16, 16, 1))
    white = np.full((64, 64, 3), 255, "uint8")
    expected = PasteBack(photo.image, crop)(white, flow, np.zeros((64, 64), "float32"))
    np.testing.assert_array_equal(image, expected)


def test_size_brings_the_detail_of_the_photo(portrait, photo):
    """A model that moves nothing, and makes everything grey."""

    class Grey(Marker):
        def drive_with_fill(self, code, landmarks):
            import tensorflow as tf

            flow = tf.zeros((1, 16, 16, 2))
            return tf.zeros((1, 64, 64, 3)), flow, tf.zeros((1, 64, 64, 1))

    session = LiveSession(DemoModels(Grey()), photo, size=150, mode="relative")
    crop = photo.crop().cut(photo.image, 150)
    blank = session.step(np.full_like(portrait, 90)).image
    np.testing.assert_array_equal(blank, crop)
    motion = np.zeros((16, 16, 2), "float32"), np.zeros((64, 64), "float32")
    grey = np.full((64, 64, 3), 128, "uint8")
    expected = LargeCrop(photo.image, photo.crop(), 150)(grey, *motion)
    images = [session.step(portrait).image for _ in range(5)]
    np.testing.assert_array_equal(images[-1], expected)
    assert expected.std() > 1


@pytest.mark.parametrize("options", [{}, {"size": 100}, {"paste_back": True}])
@pytest.mark.parametrize(
    ("mode", "mirrored"), [("absolute", True), ("relative", False)]
)
def test_a_turned_photo_is_completed(mode, mirrored, options):
    class Still(Marker):
        def drive_with_fill(self, code, landmarks):
            import tensorflow as tf

            flow = tf.zeros((1, 16, 16, 2))
            return code["source"], flow, tf.zeros((1, 64, 64, 1))

    image, _, landmarks = photo_of(35)
    photo = types.SimpleNamespace(image=image, face=lambda number: Face(landmarks))
    models, camera = DemoModels(Still()), turned_face(0).astype("float32")
    session = LiveSession(
        models, photo, mode=mode, landmarker=lambda image: [Face(camera)], **options
    )
    found = session.step(np.zeros((128, 128, 3), "uint8")).image
    track = LandmarkTrack(np.stack([camera] * 2), 128, 25.0)
    as_a_clip = Reenactment(
        models.reenactor,
        image,
        track,
        mode="absolute",
        source_landmarks=landmarks,
        mirror_hidden=mirrored,
        **options,
    )
    np.testing.assert_array_equal(found, next(as_a_clip.frames()))
    changed = np.abs(found.astype(int) - as_a_clip.before).mean()
    assert changed > 2 if mirrored else changed < 0.5


def test_the_chosen_face_is_the_one_that_moves(folder, portrait, models):
    photo = SourcePhoto(folder / "two.png")
    session = LiveSession(models, photo, face=2, mode="relative")
    crop = FaceCrop.around(photo.face(2).box, photo.image.shape)
    np.testing.assert_array_equal(
        session.step(portrait).image, crop.cut(photo.image, models.image_size)
    )


def test_one_frame_at_a_time(portrait, photo, models):
    entered, leave = threading.Event(), threading.Event()

    def slow(image):
        entered.set()
        assert leave.wait(30)
        return DlibLandmarker()(image)

    session = LiveSession(models, photo, landmarker=slow)
    first = []
    thread = threading.Thread(target=lambda: first.append(session.step(portrait)))
    thread.start()
    assert entered.wait(30)
    assert session.step(portrait) is None
    leave.set()
    thread.join(30)
    assert first[0].has_face
