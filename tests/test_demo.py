import cv2
import numpy as np

from aan_keras.demo import MOTION, PORTRAIT, strip_frames, write_demo
from aan_keras.faces import DlibLandmarker, LandmarkTrack, VideoReader, read_photo
from tests.copier import Copier


def mouth_opening(points):
    """Inner lips' distance over the face's height."""
    gap = np.linalg.norm(points[:, 61:64] - points[:, [67, 66, 65]], axis=-1).mean(1)
    return gap / np.linalg.norm(points[:, 8] - points[:, 27], axis=-1)


def roll(points):
    eyes = points[:, 42:48].mean(1) - points[:, 36:42].mean(1)
    return np.degrees(np.arctan2(eyes[:, 1], eyes[:, 0]))


def yaw(points):
    """Where the nose is between the jaw's ends: -1 to 1."""
    nose = points[:, 30]
    left = np.linalg.norm(nose - points[:, 0:3].mean(1), axis=-1)
    right = np.linalg.norm(nose - points[:, 14:17].mean(1), axis=-1)
    return (left - right) / (left + right)


def test_bundled_motion_is_worth_showing():
    track = LandmarkTrack.load(MOTION)
    seconds = len(track) / float(track.fps)
    assert 3 <= seconds <= 7 and track.dropped == ()
    assert MOTION.stat().st_size < 200_000 and PORTRAIT.stat().st_size < 800_000
    points = track.landmarks.astype("float64")
    assert np.ptp(mouth_opening(points)) > 0.1
    assert np.ptp(yaw(points)) > 0.2
    assert np.ptp(roll(points)) > 8


def test_files(tmp_path):
    video, strip = write_demo(Copier(), tmp_path, size=None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo.mp4", "demo.png"]
    track = LandmarkTrack.load(MOTION)
    assert video.path == tmp_path / "demo.mp4" and strip.path == tmp_path / "demo.png"
    assert video.num_frames == len(track) == len(list(VideoReader(video.path)))
    assert VideoReader(video.path).fps == track.fps
    assert video.frames_per_second > 1
    image = read_photo(strip.path)
    assert image.shape == (128, 8 * 64, 3)
    # Below, eight times the source; above, eight drawings.
    np.testing.assert_array_equal(image[64:], np.tile(image[64:, :64], (1, 8, 1)))
    for drawing in np.split(image[:64], 8, axis=1):
        assert 0 < (drawing > 0).mean() < 0.3


def test_size(tmp_path):
    write_demo(Copier(), tmp_path)
    assert VideoReader(tmp_path / "demo.mp4").size == (256, 256)
    large = read_photo(tmp_path / "demo.png")
    assert large.shape == (512, 8 * 256, 3)
    write_demo(Copier(), tmp_path, size=96)
    small = read_photo(tmp_path / "demo.png")
    assert small.shape == (192, 8 * 96, 3)
    # The same drawings, of lines as thick: where they are, is.
    drawn = [
        cv2.resize(x[: len(x) // 2], (8 * 16, 16), interpolation=cv2.INTER_AREA)
        for x in (small, large)
    ]
    shares = [x.mean(-1).ravel() for x in drawn]
    assert np.corrcoef(*shares)[0, 1] > 0.9


def test_strip_shows_what_differs_most():
    points = np.zeros((50, 68, 2))
    points[7], points[30], points[31] = 9, -5, -4.9
    assert strip_frames(points, 3) == [0, 7, 30]
    assert strip_frames(points[6:8], 5) == [0, 1]


def test_shipped_preset_moves_the_portrait(tmp_path):
    """The face in the output does what the driving face does."""
    from aan_keras.models.reenactor import Reenactor

    write_demo(Reenactor.from_preset("aan_128"), tmp_path)
    landmarker = DlibLandmarker()
    found = [landmarker(image) for _, image in VideoReader(tmp_path / "demo.mp4")]
    seen = np.array([bool(faces) for faces in found])
    assert seen.mean() >= 0.95
    output = np.stack([faces[0].landmarks for faces in found if faces])
    driving = LandmarkTrack.load(MOTION).landmarks[seen]
    for measure in (mouth_opening, yaw, roll):
        values = measure(output.astype("float64")), measure(driving.astype("float64"))
        assert np.corrcoef(*values)[0, 1] >= 0.7, measure.__name__
    assert np.ptp(roll(output.astype("float64"))) > 4
