import gc
import weakref

import cv2
import numpy as np
import pytest

import aan_keras
from aan_keras.demo import MOTION, PORTRAIT
from aan_keras.faces import (
    DlibLandmarker,
    Face,
    FaceCrop,
    InputError,
    LandmarkTrack,
    VideoWriter,
    read_photo,
)
from aan_keras.faces.motion_transfer import transfer_motion
from aan_keras.models.landmark_transformer import LandmarkTransformer
from aan_keras.reenactment import Reenactment


class Recorder:
    """A reenactor's two calls; the drawn image says what it was called with."""

    image_size = 64

    def __init__(self):
        self.encoded = self.driven = 0
        self.sources, self.landmarks = [], []

    def encode_source(self, source, source_landmarks):
        import tensorflow as tf

        def note(image, points):
            self.encoded += 1
            self.sources.append((image, points))
            return image

        code = tf.numpy_function(note, [source, source_landmarks], "float32")
        return {"source": tf.ensure_shape(code, [1, 64, 64, 3])}

    def drive(self, code, driving_landmarks):
        import tensorflow as tf

        def note(image, points):
            self.driven += 1
            self.landmarks.append(points)
            return np.clip(image + 0.25, -2, 2).astype("float32")

        return tf.numpy_function(note, [code["source"], driving_landmarks], "float32")


@pytest.fixture(scope="module")
def portrait():
    return read_photo(PORTRAIT)


@pytest.fixture(scope="module")
def landmarker():
    return DlibLandmarker()


@pytest.fixture(scope="module")
def tiny():
    """Untrained, but with the flow from landmarks: it warps the source."""
    return aan_keras.Reenactor(
        image_size=64,
        width=4,
        num_residual_blocks=1,
        statistics="instance",
        spectral_norm=False,
        flow_prior="tps",
        warp_theta=True,
        output="residual",
    )


def turned(portrait, degrees):
    matrix = cv2.getRotationMatrix2D((224, 124), degrees, 1.0)
    size = portrait.shape[1::-1]
    return cv2.warpAffine(portrait, matrix, size, borderMode=cv2.BORDER_REPLICATE)


def test_source_is_encoded_once_and_each_frame_driven_alone(portrait):
    reenactor = Recorder()
    reenactment = Reenactment(reenactor, PORTRAIT, MOTION, relative=True)
    frames = reenactment.frames()
    assert (reenactor.encoded, reenactor.driven) == (0, 0)
    first = next(frames)
    assert (reenactor.encoded, reenactor.driven) == (1, 1)
    others = list(frames)
    assert (reenactor.encoded, reenactor.driven) == (1, len(reenactment))
    assert len(others) == len(reenactment) - 1
    source, landmarks = reenactor.sources[0]
    assert source.shape == (1, 64, 64, 3)
    np.testing.assert_allclose(
        source[0], reenactment.source_image / 127.5 - 1, atol=1e-6
    )
    np.testing.assert_array_equal(landmarks[0], reenactment.source_landmarks)
    np.testing.assert_array_equal(
        np.concatenate(reenactor.landmarks), reenactment.landmarks
    )
    assert first.shape == (64, 64, 3) and first.dtype == np.uint8
    expected = np.clip(reenactment.source_image / 127.5 - 1 + 0.25, -1, 1)
    np.testing.assert_array_equal(first, np.round((expected + 1) * 127.5))


def test_crop_and_landmarks_fit_together(portrait, landmarker):
    """Landmarks found in the crop are those that the network is told."""
    reenactor = Recorder()
    reenactor.image_size = 256
    reenactment = Reenactment(reenactor, portrait, MOTION, landmarker=landmarker)
    (found,) = landmarker(reenactment.source_image)
    error = np.abs(found.landmarks - reenactment.source_landmarks).mean()
    assert error < 0.01 * 256
    (face,) = landmarker(portrait)
    crop = FaceCrop.around(face.box, portrait.shape)
    np.testing.assert_array_equal(reenactment.source_image, crop.cut(portrait, 256))


def test_landmarks_come_from_transfer_motion(portrait, landmarker):
    for mode in ("absolute", "relative"):
        made = Reenactment(
            Recorder(), portrait, MOTION, mode=mode, landmarker=landmarker
        )
        track = LandmarkTrack.load(MOTION)
        relative = mode == "relative"
        expected = transfer_motion(made.source_landmarks, track.landmarks, relative)
        np.testing.assert_array_equal(made.landmarks, expected)


def test_clip_is_put_on_the_sources_face_shape_by_default(portrait, landmarker):
    made = Reenactment(Recorder(), portrait, MOTION, landmarker=landmarker)
    transformer = LandmarkTransformer.from_preset()
    track = LandmarkTrack.load(MOTION).landmarks
    expected = transfer_motion(
        made.source_landmarks, transformer.put_on(track, made.source_landmarks)
    )
    np.testing.assert_array_equal(made.landmarks, expected)
    absolute = transfer_motion(made.source_landmarks, track)
    assert np.abs(made.landmarks - absolute).max() > 0.5


def test_given_transformer_sees_photo_and_clip(portrait, landmarker):
    class Shifter:
        def put_on(self, landmarks, source_landmarks, source_image):
            self.seen = (landmarks, source_landmarks, source_image)
            return landmarks * 1.0

    shifter = Shifter()
    options = {"landmarker": landmarker, "transformer": shifter}
    made = Reenactment(Recorder(), portrait, MOTION, **options)
    landmarks, source_landmarks, image = shifter.seen
    np.testing.assert_array_equal(landmarks, LandmarkTrack.load(MOTION).landmarks)
    np.testing.assert_array_equal(source_landmarks, made.source_landmarks)
    np.testing.assert_allclose(image, made.source_image / 127.5 - 1, atol=1e-6)
    expected = transfer_motion(source_landmarks, landmarks)
    np.testing.assert_array_equal(made.landmarks, expected)


@pytest.mark.parametrize(
    "options", [{"mode": "nearest"}, {"mode": "absolute", "relative": True}]
)
def test_unknown_mode(options):
    with pytest.raises(ValueError, match="`mode` must be one of .* Received: mode="):
        Reenactment(Recorder(), PORTRAIT, MOTION, **options)


def test_all_kinds_of_driving_agree(tmp_path, portrait, landmarker):
    images = [turned(portrait, degrees) for degrees in (0, 4, 8)]
    with VideoWriter(tmp_path / "a.mp4", 25) as video:
        for image in images:
            video.write(image)
    options = {"landmarker": landmarker}
    reference = Reenactment(Recorder(), portrait, images, **options)
    reference.track.save(tmp_path / "a.npz")
    same = [
        np.stack(images),
        iter(images),
        reference.track,
        tmp_path / "a.npz",
        str(tmp_path / "a.npz"),
        reference.track.landmarks,
    ]
    for driving in same:
        made = Reenactment(Recorder(), portrait, driving, **options)
        np.testing.assert_allclose(made.landmarks, reference.landmarks, atol=1e-3)
    video = Reenactment(Recorder(), portrait, tmp_path / "a.mp4", **options)
    assert np.abs(video.landmarks - reference.landmarks).mean() < 0.3
    assert video.track.fps == 25


def test_a_single_image_drives_one_frame(tmp_path, portrait, landmarker):
    image = turned(portrait, 8)
    cv2.imwrite(str(tmp_path / "a.png"), image[..., ::-1])
    for driving in (image, tmp_path / "a.png"):
        made = Reenactment(Recorder(), portrait, driving, landmarker=landmarker)
        assert len(list(made.frames())) == len(made) == 1
        with pytest.raises(InputError, match="single frame: relative motion needs"):
            Reenactment(
                Recorder(), portrait, driving, relative=True, landmarker=landmarker
            )


def test_number_of_the_face(portrait, landmarker):
    small = cv2.resize(portrait, (400, 400), interpolation=cv2.INTER_AREA)
    both = np.full((512, 912, 3), 128, "uint8")
    both[:400, :400], both[:, 400:] = small, portrait
    told = []
    options = {"landmarker": landmarker, "report": told.append}
    first = Reenactment(Recorder(), both, MOTION, **options)
    second = Reenactment(Recorder(), both, MOTION, face=2, **options)
    assert [line[:34] for line in told] == [
        "2 faces in the photo: using face 1",
        "2 faces in the photo: using face 2",
    ]
    difference = first.source_image.astype(float) - second.source_image
    assert 0 < np.abs(difference).mean() < 25
    with pytest.raises(InputError, match="there is no face 3 in the photo"):
        Reenactment(Recorder(), both, MOTION, face=3, **options)


def test_no_detector_is_made_when_landmarks_are_given(
    monkeypatch, portrait, landmarker
):
    (face,) = landmarker(portrait)
    import aan_keras.reenactment as room

    def refuse():
        raise AssertionError("no detector is needed")

    monkeypatch.setattr(room, "DlibLandmarker", refuse)
    made = Reenactment(Recorder(), portrait, MOTION, source_landmarks=face.landmarks)
    assert len(made) > 100


def test_any_callable_is_a_landmarker(portrait, landmarker):
    (face,) = landmarker(portrait)
    made = Reenactment(
        Recorder(), portrait, portrait, landmarker=lambda image: [face.landmarks]
    )
    np.testing.assert_allclose(made.landmarks[0], made.source_landmarks, atol=1e-3)


def test_no_face_in_photo_or_clip(portrait, landmarker):
    blank = np.full((256, 256, 3), 90, "uint8")
    with pytest.raises(InputError, match="no face found in the photo"):
        Reenactment(Recorder(), blank, MOTION, landmarker=landmarker)
    with pytest.raises(InputError, match="no face found in the driving image"):
        Reenactment(Recorder(), portrait, blank, landmarker=landmarker)


def test_reenact_checks_its_input_at_once(landmarker):
    with pytest.raises(InputError, match="No such file"):
        aan_keras.reenact(Recorder(), "nobody.jpg", MOTION, landmarker=landmarker)


def test_face_moves_as_the_driving_landmarks_say(tiny, portrait, landmarker):
    """dlib, asked where the face is in the output, against what drove it."""
    (face,) = landmarker(portrait)
    track = LandmarkTrack(LandmarkTrack.load(MOTION).landmarks[::15])
    made = Reenactment(
        tiny, portrait, track, relative=True, source_landmarks=face.landmarks
    )
    frames = list(made.frames())
    assert len(frames) == len(track)
    size = 64
    for frame, wanted in zip(frames, made.landmarks):
        large = cv2.resize(frame, (256, 256), interpolation=cv2.INTER_CUBIC)
        found = landmarker.follow(large, Face(wanted * 4 + 1.5))
        assert found is not None
        points = (found.landmarks - 1.5) / 4
        assert np.linalg.norm(points - wanted, axis=-1).mean() < 0.025 * size


def test_source_landmarks_drive_the_source_itself(tiny, portrait, landmarker):
    made = Reenactment(tiny, portrait, portrait, landmarker=landmarker)
    (frame,) = made.frames()
    difference = frame.astype(float) - made.source_image
    assert np.abs(difference).mean() < 2


def test_reenact_is_the_same_as_reenactment(portrait, landmarker):
    options = {"relative": True, "landmarker": landmarker}
    frames = list(aan_keras.reenact(Recorder(), portrait, MOTION, **options))
    expected = list(Reenactment(Recorder(), portrait, MOTION, **options).frames())
    np.testing.assert_array_equal(frames, expected)


def test_graph_is_traced_once_a_model_and_forgotten_with_it(portrait, landmarker):
    class Tracing:
        image_size = 64
        traced = 0

        def encode_source(self, source, source_landmarks):
            return {"source": source}

        def drive(self, code, driving_landmarks):
            self.traced += 1
            return code["source"]

    reenactor = Tracing()
    track = LandmarkTrack(LandmarkTrack.load(MOTION).landmarks[:3])
    for _ in range(2):
        list(aan_keras.reenact(reenactor, portrait, track, landmarker=landmarker))
    assert reenactor.traced == 1
    # Training with moving averages changes which variables are read.
    reenactor.averages = [object()]
    list(aan_keras.reenact(reenactor, portrait, track, landmarker=landmarker))
    assert reenactor.traced == 2
    alive = weakref.ref(reenactor)
    del reenactor
    gc.collect()
    assert alive() is None
