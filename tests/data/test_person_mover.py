"""A person cut out of a picture and put elsewhere in it."""

import cv2
import numpy as np
import pytest
from skimage.transform import estimate_transform, warp

from aan_keras.data.person_mover import PersonMover
from aan_keras.demo import MOTION
from aan_keras.faces import LandmarkTrack

SIZE = 96
DRAWS = 12


@pytest.fixture(scope="module")
def picture():
    """A red person before a blue wall, and where the person is."""
    track = LandmarkTrack.load(MOTION)
    face = track.landmarks[0]
    face = (face - face.mean(0)) * (0.28 * SIZE / np.ptp(face[:, 0])) + SIZE / 2
    mask = np.zeros((SIZE, SIZE), "uint8")
    centre = tuple(int(x) for x in face.mean(0))
    cv2.ellipse(mask, centre, (18, 24), 0, 0, 360, 1, -1)
    mask[centre[1] + 20 :, centre[0] - 25 : centre[0] + 26] = 1
    y, x = np.mgrid[:SIZE, :SIZE].astype("float64")
    wall = np.stack([20 + 0 * x, 60 + 40 * np.sin(x / 9), 200 + 30 * np.cos(y / 7)], -1)
    person = np.stack([200 + 40 * np.sin(x / 5), 90 + 60 * np.cos(y / 6), 0 * x], -1)
    image = np.where(mask[..., None] > 0, person, wall).round().astype("uint8")
    return image, face, mask.astype("float32")


def draws(move, count=DRAWS):
    results = [move(np.random.default_rng(seed)) for seed in range(count)]
    assert all(result is not None for result in results)
    return results


def test_the_head_moves_as_its_landmarks_do(picture):
    image, face, mask = picture
    shifts, angles = [], []
    for moved, landmarks in draws(PersonMover(*picture)):
        assert moved.dtype == np.uint8 and landmarks.dtype == np.float32
        motion = estimate_transform("similarity", face, landmarks)
        assert np.abs(motion(face) - landmarks).max() < 1e-3
        shifts.append(np.linalg.norm(landmarks.mean(0) - face.mean(0)))
        angles.append(np.degrees(motion.rotation))
        assert abs(np.log(motion.scale)) <= 0.1201
        # Well inside the head, scikit-image's picture of the same motion.
        inside = cv2.erode(mask, np.ones((7, 7)))
        expected = warp(image / 255.0, motion.inverse, order=3) * 255
        inside = warp(inside, motion.inverse, order=0) > 0.5
        inside &= np.arange(SIZE)[:, None] < landmarks[8, 1]
        assert inside.sum() > 500
        assert np.abs(moved[inside] - expected[inside]).max() < 4
    assert max(np.abs(angles)) <= 20.001 and np.std(angles) > 3
    assert max(shifts) <= 0.2 * SIZE + 1e-3 and max(shifts) > 0.1 * SIZE


def test_nothing_of_the_head_stays_where_it_was(picture):
    image, face, mask = picture
    for moved, landmarks in draws(PersonMover(*picture)):
        motion = estimate_transform("similarity", face, landmarks)
        now = warp(mask, motion.inverse, order=1) > 0
        now = cv2.dilate(now.astype("uint8"), np.ones((5, 5))) > 0
        above = np.arange(SIZE)[:, None] < min(face[8, 1], landmarks[8, 1])
        left = (mask > 0) & ~now & above
        red, _, blue = moved[left].astype(int).T
        assert (blue > 150).all() and (red < 60).all()
        wall = (cv2.dilate(mask, np.ones((7, 7))) == 0) & ~now & above
        np.testing.assert_array_equal(moved[wall], image[wall])


def test_the_body_stays_behind_or_comes_along(picture):
    """Shifted sideways, the picture's last row is anywhere between both."""
    image, face, mask = picture
    still = np.flatnonzero(mask[-1]).mean()
    shares = []
    for moved, landmarks in draws(PersonMover(*picture), 40):
        shift = landmarks.mean(0)[0] - face.mean(0)[0]
        if abs(shift) > 0.1 * SIZE:
            red, _, blue = moved[-1].T.astype(int)
            shares.append((np.flatnonzero(red > blue).mean() - still) / shift)
    assert min(shares) < 0.35 and max(shares) > 0.65 and len(shares) > 8


def test_others_beside_the_person_stay(picture):
    image, face, mask = picture
    image, mask = image.copy(), mask.copy()
    mask[30:60, :6] = 1
    image[30:60, :6] = [10, 250, 10]
    for moved, _ in draws(PersonMover(image, face, mask)):
        np.testing.assert_array_equal(moved[30:60, :4], image[30:60, :4])


def test_hair_that_is_cut_off_is_not_brought_down(picture):
    image, face, mask = picture
    mask = mask.copy()
    mask[:30, 40:56] = 1
    ups = [
        landmarks[:, 1].mean() - face[:, 1].mean()
        for _, landmarks in draws(PersonMover(image, face, mask))
    ]
    assert max(ups) <= 1e-3 and min(ups) < -2


def test_no_room(picture):
    image, face, _ = picture
    generator = np.random.default_rng(0)
    assert PersonMover(image, face, np.ones((SIZE, SIZE)))(generator) is not None
    close = (face - SIZE / 2) * 4 + SIZE / 2
    assert PersonMover(image, close, np.ones((SIZE, SIZE)))(generator) is None
