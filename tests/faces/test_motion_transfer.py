import numpy as np
import pytest

from aan_keras.demo import MOTION
from aan_keras.faces import LandmarkTrack
from aan_keras.faces.motion_transfer import nearest_frame, transfer_motion


@pytest.fixture(scope="module")
def driving():
    return LandmarkTrack.load(MOTION).landmarks.astype("float64")


@pytest.fixture(scope="module")
def source(face):
    return face.landmarks.astype("float64")


def similarity(points, scale, degrees, shift):
    angle = np.radians(degrees)
    turn = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return scale * points @ np.array(turn).T + shift


def roll(points):
    eyes = points[..., 42:48, :].mean(-2) - points[..., 36:42, :].mean(-2)
    return np.degrees(np.arctan2(eyes[..., 1], eyes[..., 0]))


def mouth(points):
    return np.linalg.norm(points[..., 62, :] - points[..., 66, :], axis=-1)


@pytest.mark.parametrize("relative", [False, True])
def test_own_clip_gives_back_its_own_landmarks(driving, relative):
    """The source is a frame of the clip: nothing has to be adapted."""
    moved = transfer_motion(driving[20], driving, relative)
    np.testing.assert_allclose(moved, driving, atol=1e-3)


@pytest.mark.parametrize("relative", [False, True])
def test_frame_and_size_of_the_driving_clip_do_not_matter(source, driving, relative):
    """A clip of another resolution, cropped elsewhere, moves the source the same."""
    moved = transfer_motion(source, driving, relative)
    other = transfer_motion(source, driving * 3.7 + [-200, 45], relative)
    np.testing.assert_allclose(other, moved, atol=1e-3)


def test_nearest_frame_ignores_place_and_size(driving):
    for t in (0, 31, 77):
        assert nearest_frame(driving[t] * 0.4 + [50, 3], driving) == t


def test_absolute_keeps_the_drivers_shape(source, driving):
    """All frames are one scale and shift away from the driving ones."""
    moved = transfer_motion(source, driving).astype("float64")
    ratio = np.ptp(moved, axis=(0, 1)) / np.ptp(driving, axis=(0, 1))
    np.testing.assert_allclose(ratio[0], ratio[1], rtol=1e-4)
    np.testing.assert_allclose(
        moved - moved.mean((0, 1)),
        ratio[0] * (driving - driving.mean((0, 1))),
        atol=1e-2,
    )
    best = nearest_frame(source, driving)
    np.testing.assert_allclose(moved[best].mean(0), source.mean(0), atol=1e-3)


def test_relative_gives_the_source_itself_at_the_nearest_frame(source, driving):
    moved = transfer_motion(source, driving, relative=True)
    np.testing.assert_allclose(moved[nearest_frame(source, driving)], source, atol=1e-3)


def test_relative_moves_a_rigid_head_rigidly(source):
    """Roll, zoom and shift of the driver become the source's, without any bending."""
    base = source * 2 + np.random.default_rng(0).normal(0, 6, (68, 2))
    steps = [(1, 0, (0, 0)), (1.2, 10, (30, -10)), (0.9, -15, (-20, 5))]
    centre = base.mean(0)
    driving = np.stack([similarity(base - centre, *step) + centre for step in steps])
    moved = transfer_motion(source, driving, relative=True).astype("float64")
    best = nearest_frame(source, driving)
    for t, (scale, degrees, _) in enumerate(steps):
        reference = steps[best]
        found = moved[t] - moved[t].mean(0)
        expected = similarity(
            source - source.mean(0), scale / reference[0], degrees - reference[1], 0
        )
        np.testing.assert_allclose(found, expected, atol=1e-3)


def test_relative_keeps_the_sources_shape(source, driving):
    """The face's width over its height stays the source's, not the driver's."""
    stretched = driving * [1.3, 1.0]

    def width_to_height(points):
        width = np.linalg.norm(points[..., 0, :] - points[..., 16, :], axis=-1)
        height = np.linalg.norm(points[..., 27, :] - points[..., 8, :], axis=-1)
        return np.mean(width / height)

    absolute = transfer_motion(source, stretched)
    relative = transfer_motion(source, stretched, relative=True)
    wanted = width_to_height(source)
    leak = abs(width_to_height(absolute) - wanted)
    assert abs(width_to_height(relative) - wanted) < 0.5 * leak


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("measure", [roll, mouth])
def test_motion_survives(source, driving, relative, measure):
    moved = transfer_motion(source, driving, relative)
    assert moved.shape == driving.shape and moved.dtype == np.float32
    assert np.corrcoef(measure(moved), measure(driving))[0, 1] > 0.97
