import cv2
import numpy as np
import pytest

from aan_keras.faces import FaceCrop
from aan_keras.faces.face import box_around
from aan_keras.faces.face_tracker import FaceTracker
from aan_keras.preparation.clip_options import ClipOptions
from aan_keras.preparation.prepare_clip import prepare_clip

OPTIONS = ClipOptions(image_size=64, min_face=20)


def decode(record):
    return [
        cv2.imdecode(np.frombuffer(frame, "uint8"), cv2.IMREAD_COLOR)[..., ::-1]
        for frame in record.frames
    ]


def test_one_steady_crop_a_video(moved, write_frames, raw_clip, landmarker):
    images = [moved(dx=4 * i, dy=2 * i) for i in range(-3, 4)]
    clip = raw_clip(write_frames(images), "frames")
    record, statistics = prepare_clip(clip, OPTIONS, landmarker)
    assert (statistics.read, statistics.kept, statistics.dropped) == (7, 7, {})
    assert (record.identity, record.clip, record.size) == ("anna", "clip", 64)
    assert not record.is_photo_set
    np.testing.assert_array_equal(record.frame_index, range(7))

    tracker = FaceTracker(landmarker)
    followed = np.stack([tracker.update(image).landmarks for image in images])
    crop = FaceCrop.around(np.median(box_around(followed), axis=0), images[0].shape)
    np.testing.assert_array_equal(record.landmarks, crop.to_crop(followed, 64))
    # Following a face and finding it anew differ a little.
    found = np.stack([landmarker(image)[0].landmarks for image in images])
    error = record.landmarks - crop.to_crop(found, 64)
    assert np.sqrt((error**2).mean()) < 0.4
    drift = record.landmarks[-1].mean(0) - record.landmarks[0].mean(0)
    np.testing.assert_allclose(drift, np.array([24, 12]) * 64 / crop.side, atol=0.4)
    for pixels, image in zip(decode(record), images):
        expected = crop.cut(image, 64).astype("float64")
        assert np.abs(pixels - expected).mean() < 4  # JPEG
    assert statistics.motion > 0.03
    assert len(statistics.face_width) == 7
    assert statistics.num_bytes == record.num_bytes


def test_video_file_gives_the_frames_of_its_folder(
    moved, write_clip, write_frames, raw_clip, landmarker
):
    images = [moved(dx=4 * i) for i in range(5)]
    video, _ = prepare_clip(raw_clip(write_clip(images)), OPTIONS, landmarker)
    folder = raw_clip(write_frames(images), "frames")
    folder, _ = prepare_clip(folder, OPTIONS, landmarker)
    assert np.sqrt(((video.landmarks - folder.landmarks) ** 2).mean()) < 0.5
    for one, two in zip(decode(video), decode(folder), strict=True):
        # The crops may be a pixel of 220 apart, and the video was compressed.
        assert np.abs(one.astype(float) - two).mean() < 8


def test_every_bad_frame_has_its_reason(
    moved, blank, write_frames, raw_clip, landmarker
):
    good = [moved(dx=3 * i) for i in range(4)]
    blurred = cv2.GaussianBlur(moved(dx=12), (0, 0), 2.5)
    images = [*good, good[-1], blurred, blank, moved(scale=0.45), blank, moved(dx=15)]
    folder = write_frames(images)
    (folder / "0008.png").write_bytes(b"\x89PNG")
    cv2.imwrite(str(folder / "0010.png"), moved()[:-2, :, ::-1])
    options = ClipOptions(image_size=64, min_face=60, blur=70)
    clip = raw_clip(folder, "frames")
    record, statistics = prepare_clip(clip, options, landmarker)
    assert statistics.dropped == {
        "no face": 1,
        "too small": 1,
        "unreadable": 1,
        "other size": 1,
        "blur": 1,
        "duplicate": 1,
    }
    np.testing.assert_array_equal(record.frame_index, [0, 1, 2, 3, 9])
    assert statistics.read == statistics.kept + sum(statistics.dropped.values())


class Scripted:
    """A landmarker that returns given landmarks, image after image."""

    def __init__(self, landmarks):
        self.landmarks = iter(landmarks)

    def __call__(self, image):
        return [next(self.landmarks)]


def test_jumps_and_faces_outside_the_crop(face, moved, write_frames, raw_clip):
    points = face.landmarks - face.landmarks.mean(0) + 128
    width = face.width
    # A slip of two widths; later the face walks off to the right.
    walk = [0, 0, 0, 0, 2, 0, 0, 0, 0, 0.4, 0.8, 1.2]
    landmarks = [points + [width * step, 0] for step in walk]
    clip = raw_clip(write_frames([moved(dx=i) for i in range(12)]), "frames")
    record, statistics = prepare_clip(clip, OPTIONS, Scripted(landmarks))
    assert statistics.dropped == {"landmark jump": 1, "outside the crop": 2}
    np.testing.assert_array_equal(record.frame_index, [0, 1, 2, 3, 5, 6, 7, 8, 9])


def test_a_cut_to_somebody_at_the_same_place(moved, write_frames, raw_clip, landmarker):
    """The same face in other light stands in for another person in another room."""
    one = [moved(dx=3 * i) for i in range(3)]
    other = [moved(dx=20 + 3 * i)[..., ::-1] // 2 for i in range(4)]
    clip = raw_clip(write_frames([*one, *other]), "frames")
    options = ClipOptions(image_size=64, min_face=20, blur=0)
    record, statistics = prepare_clip(clip, options, landmarker)
    assert statistics.dropped == {"other scene": 3}
    np.testing.assert_array_equal(record.frame_index, [3, 4, 5, 6])
    # The crop is that of the scene that stays.
    tracker = FaceTracker(landmarker)
    points = np.stack([tracker.update(image).landmarks for image in [*one, *other]])
    crop = FaceCrop.around(np.median(box_around(points[3:]), axis=0), other[0].shape)
    np.testing.assert_array_equal(record.landmarks, crop.to_crop(points[3:], 64))


def test_each_photo_has_its_own_crop(moved, write_frames, raw_clip, landmarker):
    images = [moved(dx=-20), moved(dx=-20), moved(dx=30, scale=1.2)]
    clip = raw_clip(write_frames(images), "photos")
    record, statistics = prepare_clip(clip, OPTIONS, landmarker)
    assert record.is_photo_set and statistics.dropped == {}
    assert statistics.motion is None
    for image, points in zip(images, record.landmarks, strict=True):
        face = landmarker(image)[0]
        crop = FaceCrop.around(face.box, image.shape)
        np.testing.assert_array_equal(points, crop.to_crop(face.landmarks, 64))


def test_a_photo_of_two_people_is_nobodys(moved, write_frames, raw_clip, landmarker):
    couple = np.concatenate([moved(), moved(scale=0.9)], 1)
    clip = raw_clip(write_frames([moved(), moved(), couple]), "photos")
    record, statistics = prepare_clip(clip, OPTIONS, landmarker)
    assert statistics.dropped == {"several faces": 1} and len(record.frames) == 2


def test_nothing_usable(blank, write_frames, raw_clip, landmarker):
    clip = raw_clip(write_frames([blank] * 3), "frames")
    record, statistics = prepare_clip(clip, OPTIONS, landmarker)
    assert record is None and statistics.dropped == {"no face": 3}
    assert statistics.error == "no usable frame of 3 (3 no face): a clip needs 2"


def test_usable_frames_of_a_clip_that_has_too_few(
    moved, blank, write_frames, raw_clip, landmarker
):
    clip = raw_clip(write_frames([moved(), blank]), "photos")
    record, statistics = prepare_clip(clip, OPTIONS, landmarker)
    assert record is None and statistics.kept == 0
    reason = "only 1 usable photo of 2 (1 no face): a clip needs 2"
    assert statistics.error == reason
    assert statistics.dropped == {"no face": 1, "too few": 1}


def test_damaged_video(moved, write_clip, raw_clip, landmarker):
    path = write_clip([moved(dx=i) for i in range(30)])
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ValueError, match="clip.mp4"):
        prepare_clip(raw_clip(path), OPTIONS, landmarker)
