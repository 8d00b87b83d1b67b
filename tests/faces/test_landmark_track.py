import fractions
import tokenize
import zlib

import numpy as np
import pytest

from aan_keras.faces import FaceCrop, InputError, LandmarkTrack
from aan_keras.faces.landmark_track import list_frames


def make_landmarks(count=5):
    generator = np.random.default_rng(0)
    return generator.uniform(30, 220, (count, 68, 2)).astype("float32")


def save(path, **changes):
    arrays = {"landmarks": make_landmarks(), "crop_size": 256, "fps": 25.0}
    arrays.update(changes)
    np.savez(path, **{key: value for key, value in arrays.items() if value is not None})
    return path


def test_round_trip(tmp_path):
    track = LandmarkTrack(
        make_landmarks(),
        crop_size=256,
        fps=30000 / 1001,
        frame_index=[1, 2, 3, 7, 8],
        dropped=[0, 4, 5, 6],
        crop=FaceCrop(-3, 4, 90),
    )
    track.save(tmp_path / "a.npz")
    read = LandmarkTrack.load(tmp_path / "a.npz")
    np.testing.assert_array_equal(read.landmarks, track.landmarks)
    np.testing.assert_array_equal(read.frame_index, [1, 2, 3, 7, 8])
    assert read.frame_index.dtype == np.int32
    assert read.fps == fractions.Fraction(30000, 1001)
    assert (read.crop_size, read.dropped) == (256, (0, 4, 5, 6))
    assert read.crop == FaceCrop(-3, 4, 90)
    assert len(read) == 5


def test_optional_keys_may_be_missing(tmp_path):
    track = LandmarkTrack.load(save(tmp_path / "a.npz"))
    np.testing.assert_array_equal(track.frame_index, range(5))
    assert track.dropped == () and track.crop is None


def test_float16_is_accepted(tmp_path):
    path = save(tmp_path / "a.npz", landmarks=make_landmarks().astype("float16"))
    assert LandmarkTrack.load(path).landmarks.dtype == np.float32


def with_nan(frame):
    landmarks = make_landmarks()
    landmarks[frame, 7, 1] = np.nan
    return landmarks


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"landmarks": with_nan(3)}, "not finite in frame 3: remove"),
        ({"landmarks": with_nan([1, 2, 4])}, "not finite in frames 1-2, 4: remove"),
        ({"landmarks": np.zeros((5, 67, 2))}, r"shape \[5, 67, 2\]: expected"),
        ({"landmarks": np.zeros((68, 2))}, r"shape \[68, 2\]: expected"),
        ({"landmarks": np.zeros((0, 68, 2))}, "has no frames"),
        ({"landmarks": np.full((5, 68, 2), "a")}, "of type <U1"),
        ({"landmarks": None}, "lacks landmarks"),
        ({"fps": None, "crop_size": None}, "lacks crop_size, fps"),
        ({"fps": 0.0}, "has fps 0.0"),
        ({"fps": np.nan}, "has fps nan"),
        ({"fps": np.inf}, "has fps inf"),
        ({"crop_size": -1}, "has crop_size -1"),
        ({"fps": np.ones(3)}, "must be single numbers"),
        ({"crop_size": "wide"}, "must be single numbers"),
        ({"frame_index": [0, 1, 1, 2, 3]}, "frame_index that does not increase"),
        ({"frame_index": [0, 1]}, "frame_index that does not increase"),
        ({"crop": np.zeros(5)}, "is not a landmark track"),
    ],
)
def test_bad_tracks_name_the_file_and_what_is_wrong(tmp_path, changes, message):
    path = save(tmp_path / "a.npz", **changes)
    with pytest.raises(InputError, match=f"a.npz.*{message}") as info:
        LandmarkTrack.load(path)
    assert "\n" not in str(info.value)


@pytest.mark.parametrize("content", [b"", b"text\n", b"PK\x03\x04 and not much more"])
def test_files_that_are_not_archives(tmp_path, content):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(InputError, match="a.npz is not a landmark track"):
        LandmarkTrack.load(tmp_path / "a.npz")
    with pytest.raises(InputError, match="no such file"):
        LandmarkTrack.load(tmp_path / "b.npz")


def test_truncated_archive(tmp_path):
    path = save(tmp_path / "a.npz")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="a.npz is not a landmark track"):
        LandmarkTrack.load(path)


def test_wrong_bytes(tmp_path):
    """In the compressed data, and in what NumPy parses as Python."""
    LandmarkTrack(make_landmarks()).save(tmp_path / "a.npz")
    data = bytearray((tmp_path / "a.npz").read_bytes())
    LandmarkTrack(make_landmarks()).save(tmp_path / "a.npz")
    start = data.index(b"landmarks.npy") + 60
    for place in (start, start + 9, len(data) // 2):
        wrong = data.copy()
        wrong[place] ^= 0xFF
        (tmp_path / "a.npz").write_bytes(wrong)
        with pytest.raises(InputError, match="a.npz"):
            LandmarkTrack.load(tmp_path / "a.npz")


@pytest.mark.parametrize(
    "error", [zlib.error("x"), SyntaxError("x"), tokenize.TokenError("x", (1, 2))]
)
def test_errors_of_wrong_bytes(tmp_path, monkeypatch, error):
    def load(*_, **__):
        raise error

    path = save(tmp_path / "a.npz")
    monkeypatch.setattr(np, "load", load)
    with pytest.raises(InputError, match="a.npz is not a landmark track"):
        LandmarkTrack.load(path)


def test_single_array_file(tmp_path):
    with open(tmp_path / "a.npz", "wb") as file:
        np.save(file, make_landmarks())
    with pytest.raises(InputError, match="a.npz is not a landmark track"):
        LandmarkTrack.load(tmp_path / "a.npz")


def test_pickled_code_is_not_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    trap = np.empty((5, 68, 2), object)
    trap[:] = Trap()
    path = save(tmp_path / "a.npz", landmarks=trap)
    with pytest.raises(InputError, match="a.npz is not a landmark track"):
        LandmarkTrack.load(path)
    assert not (tmp_path / "sprung").exists()


def test_frames_are_listed_as_people_do():
    assert list_frames([]) == "no frames"
    assert list_frames([4]) == "frame 4"
    assert list_frames([1, 2, 3, 7, 9, 10]) == "frames 1-3, 7, 9-10"
    assert (
        list_frames(range(0, 40, 2))
        == "frames 0, 2, 4, 6, 8, 10, 12, 14, ... (20 in all)"
    )
