"""The half that a turned photo hides."""

import numpy as np
import pytest

from aan_keras.complete_photo import complete_photo, turns_back
from aan_keras.data import mirror_landmarks
from aan_keras.faces import FaceCrop, LandmarkTrack
from aan_keras.faces.head_pose import head_pose
from aan_keras.reenactment import Reenactment
from tests.faces.turned_face import turned_face

SIZE = 64


class StillReenactor:
    """An export that gives the photo as it is, and remembers what it was asked for."""

    image_size = SIZE
    gives_motion = True

    def __init__(self):
        self.asked = []

    def animate_with_motion(self, source, source_landmarks, driving_landmarks):
        self.asked.append((source, source_landmarks, driving_landmarks))
        for _ in driving_landmarks:
            yield source, np.zeros((16, 16, 2), "float32"), np.zeros((SIZE, SIZE))

    def animate(self, *clip):
        for image, *_ in self.animate_with_motion(*clip):
            yield image


def photo_of(yaw):
    """A picture wider than its crop, whose sides differ; crop and landmarks in it."""
    generator = np.random.default_rng(0)
    photo = generator.integers(0, 256, (20, 32, 3)).repeat(8, 0).repeat(8, 1)
    landmarks = turned_face(yaw, place=(140.0, 80.0)).astype("float32")
    return photo.astype("uint8"), FaceCrop(70, 10, 140), landmarks


@pytest.mark.parametrize(
    ("yaw", "driving", "expected"),
    [
        (30, [0, 2, -3], True),
        (-30, [0, 2, -3], True),
        (30, [25, 28, 35], False),
        (30, [45, 50, 60], False),  # further away
        (-30, [-45, -50, -60], False),
        (14, [0, -10, -20], True),
        (6, [-10, -20, -25], False),  # shows both halves
        (14, [0, 0, -5], False),
        (30, [0, 28, 30], False),  # most of the clip stays
        (30, [0, 2, 30], True),
    ],
)
def test_turns_back(yaw, driving, expected):
    clip = np.stack([turned_face(x) for x in driving])
    assert turns_back(turned_face(yaw), clip) is expected


def test_no_pose_does_not_turn_back():
    nowhere = np.ones((68, 2))
    assert not turns_back(nowhere, turned_face(0)[None])
    assert not turns_back(turned_face(30), nowhere[None])


def test_long_clips_are_looked_at_here_and_there():
    clip = np.stack([turned_face(x) for x in [0.0] * 240 + [30.0] * 160])
    assert turns_back(turned_face(30), clip)
    assert not turns_back(turned_face(30), clip[::-1][:300])


@pytest.mark.parametrize("yaw", [30, -30])
def test_photo_and_its_mirror_image_are_seen_from_the_front(yaw):
    reenactor, (photo, crop, landmarks) = StillReenactor(), photo_of(yaw)
    complete, target = complete_photo(reenactor, photo, crop, landmarks)
    assert abs(head_pose(target).angles[1]) < 2
    (own, own_marks, own_target), (other, other_marks, other_target) = reenactor.asked
    np.testing.assert_array_equal(own, crop.cut(photo, SIZE))
    np.testing.assert_array_equal(own_marks, crop.to_crop(landmarks, SIZE))
    np.testing.assert_allclose(own_target[0], crop.to_crop(target, SIZE), atol=1e-4)
    # The mirror image of the crop, to the same place in it.
    np.testing.assert_array_equal(other, own[:, ::-1])
    mirrored = mirror_landmarks(own_marks, SIZE)
    np.testing.assert_allclose(other_marks, mirrored, atol=1e-4)
    np.testing.assert_allclose(other_target, own_target, atol=1e-4)


@pytest.mark.parametrize("yaw", [35, -35])
def test_only_the_hidden_half_changes(yaw):
    photo, crop, landmarks = photo_of(yaw)
    complete, target = complete_photo(StillReenactor(), photo, crop, landmarks)
    changed = np.abs(complete.astype(int) - photo)
    # The crop is 70 pixels from the left and 10 from the top.
    outside = np.ones(photo.shape[:2], bool)
    outside[10:150, 70:210] = False
    assert not changed[outside].any()
    middle = int(target[27, 0])
    seen = np.s_[:, middle + 12 :] if yaw > 0 else np.s_[:, : middle - 12]
    hidden = np.s_[60:110, middle - 30 : middle - 18]
    if yaw < 0:
        hidden = np.s_[60:110, middle + 18 : middle + 30]
    # Levels: what a small image cannot show is sharp again but for single edges.
    assert changed[seen].mean() < 0.5
    assert changed[hidden].mean() > 30


def reenactment(yaw, driving_yaws, report=None, **options):
    photo, _, landmarks = photo_of(yaw)
    clip = np.stack([turned_face(x) for x in driving_yaws]).astype("float32")
    track = LandmarkTrack(clip, 128, 25.0)
    reenactor = options.pop("reenactor", StillReenactor())
    return Reenactment(
        reenactor,
        photo,
        track,
        mode="absolute",
        source_landmarks=landmarks,
        report=report,
        **options,
    )


def test_reenactment_completes_a_turned_photo():
    told = []
    made = reenactment(30, [0, 5], told.append)
    as_it_is = reenactment(30, [0, 5], mirror_hidden=False)
    assert len(told) == 1 and "turns the face of the photo back" in told[0]
    assert abs(head_pose(made.source_landmarks).angles[1]) < 2
    assert abs(head_pose(as_it_is.source_landmarks).angles[1]) > 25
    assert (made.source_image != as_it_is.source_image).any()
    # What moves, and what was there before, are the same.
    np.testing.assert_array_equal(made.landmarks, as_it_is.landmarks)
    np.testing.assert_array_equal(made.before, as_it_is.before)
    # Frames are made of the completed photo.
    np.testing.assert_array_equal(next(made.frames()), made.source_image)


@pytest.mark.parametrize("options", [{"paste_back": True}, {"size": 100}])
def test_larger_frames_are_of_the_completed_photo(options):
    frames = [
        next(reenactment(35, [0, 5], mirror_hidden=mirror, **options).frames())
        for mirror in (True, False)
    ]
    assert frames[0].shape == frames[1].shape
    assert (frames[0] != frames[1]).any(-1).mean() > 0.01


def test_turned_clips_and_frontal_photos_stay():
    for yaw, clip in ((30, [28, 32]), (5, [-20, -25])):
        told = []
        made = reenactment(yaw, clip, told.append)
        assert not told
        assert abs(head_pose(made.source_landmarks).angles[1] - yaw) < 3


def test_images_alone_do_not_complete():
    class ImagesOnly(StillReenactor):
        gives_motion = False

    made = reenactment(30, [0, 5], reenactor=ImagesOnly())
    assert abs(head_pose(made.source_landmarks).angles[1]) > 25
