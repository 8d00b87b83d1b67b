"""Photos, driving clips and landmarkers of every kind, and which face is taken."""

import cv2
import keras
import numpy as np
import pytest

import aan_keras
from aan_keras.demo import MOTION
from aan_keras.faces import InputError, VideoReader, VideoWriter
from aan_keras.reenactment import Reenactment
from tests.recorder import Recorder


def turned(portrait, degrees):
    matrix = cv2.getRotationMatrix2D((224, 124), degrees, 1.0)
    size = portrait.shape[1::-1]
    return cv2.warpAffine(portrait, matrix, size, borderMode=cv2.BORDER_REPLICATE)


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
        list(reference.track.landmarks),
        keras.ops.convert_to_tensor(reference.track.landmarks),
    ]
    for driving in same:
        made = Reenactment(Recorder(), portrait, driving, **options)
        np.testing.assert_allclose(made.landmarks, reference.landmarks, atol=1e-3)
    for driving in (tmp_path / "a.mp4", VideoReader(tmp_path / "a.mp4")):
        video = Reenactment(Recorder(), portrait, driving, **options)
        assert np.abs(video.landmarks - reference.landmarks).mean() < 0.3
        assert (video.track.fps, video.track.name) == (25, "a.mp4")


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


@pytest.mark.parametrize("kind", ["tensor", "pillow", "pillows"])
def test_an_image_of_another_library_drives_one_frame(portrait, landmarker, kind):
    if kind == "tensor":
        driving = keras.ops.convert_to_tensor(portrait)
    else:
        driving = pytest.importorskip("PIL.Image").fromarray(portrait)
    driving = [driving] if kind == "pillows" else driving
    made = Reenactment(Recorder(), portrait, driving, landmarker=landmarker)
    expected = Reenactment(Recorder(), portrait, portrait, landmarker=landmarker)
    np.testing.assert_array_equal(made.landmarks, expected.landmarks)


@pytest.mark.parametrize(
    ("driving", "received"),
    [
        (["a.png", "b.jpg"], "an iterable of str"),
        ([MOTION], f"an iterable of {type(MOTION).__name__}"),
        (iter([(0, np.zeros((64, 64, 3), "uint8"))]), "an iterable of tuple"),
        (None, "NoneType"),
        (5, "int"),
    ],
)
def test_what_can_not_drive(portrait, driving, received):
    points = np.zeros((68, 2)) + np.arange(68)[:, None]
    options = {"landmarker": lambda image: [], "source_landmarks": points}
    with pytest.raises(InputError, match=f"what drives must be .*Received: {received}"):
        Reenactment(Recorder(), portrait, driving, **options)


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
