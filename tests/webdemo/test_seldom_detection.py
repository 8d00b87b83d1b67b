"""How often the detector is asked."""

import numpy as np

from aan_keras.demo import PORTRAIT
from aan_keras.faces import DlibLandmarker, Face, FaceTracker, read_photo
from aan_keras.webdemo.seldom_detection import SeldomDetection

FACE = Face(np.random.default_rng(0).uniform(20, 80, (68, 2)))


class Landmarker:
    """Notes its calls; finds a face as long as `there` is true."""

    def __init__(self):
        self.calls, self.there = [], True

    def __call__(self, image):
        self.calls.append("search")
        return [FACE] * self.there

    def follow(self, image, face):
        self.calls.append("follow")
        return FACE if self.there else None

    def refit(self, image, face):
        self.calls.append("refit")
        return FACE


def test_the_detector_confirms_every_third_frame():
    landmarker = Landmarker()
    tracker = FaceTracker(SeldomDetection(landmarker, check_every=3))
    for _ in range(8):
        assert tracker.update(None) is FACE
    once = ["refit", "refit", "follow"]
    assert landmarker.calls == ["search", *once, *once, "refit"]


def test_an_empty_picture_is_searched_every_third_frame():
    landmarker = Landmarker()
    landmarker.there = False
    tracker = FaceTracker(SeldomDetection(landmarker, search_every=3))
    for _ in range(7):
        assert tracker.update(None) is None
    assert landmarker.calls == ["search"] * 3


def test_a_face_that_left_is_noticed_and_found_again():
    landmarker = Landmarker()
    tracker = FaceTracker(
        SeldomDetection(landmarker, check_every=2, search_every=2), max_gap=1
    )
    tracker.update(None)
    landmarker.there = False
    found = [tracker.update(None) is not None for _ in range(6)]
    assert found == [True, True, False, False, False, False]
    landmarker.there = True
    assert [tracker.update(None) for _ in range(2)].count(FACE) >= 1


def test_refit_is_follow_without_the_detector():
    image = read_photo(PORTRAIT)
    landmarker = DlibLandmarker()
    face = landmarker(image)[0]
    followed, refitted = landmarker.follow(image, face), landmarker.refit(image, face)
    np.testing.assert_array_equal(refitted.landmarks, followed.landmarks)
    # The detector notices an empty picture, refitting doesn't.
    blank = np.full_like(image, 90)
    assert landmarker.follow(blank, face) is None
    assert landmarker.refit(blank, face) is not None
