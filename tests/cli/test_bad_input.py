"""Bad photos, clips and tracks: one line on stderr, exit code 1, no partial file."""

import av
import numpy as np
import pytest

from aan_keras.demo import MOTION, PORTRAIT
from aan_keras.faces import LandmarkTrack, VideoWriter
from tests.cli.write_image import write_image


def test_missing_files(fails, copier):
    assert "nobody.jpg: No such file" in fails(source="nobody.jpg")
    assert "nobody.mp4: no such file" in fails(driving="nobody.mp4")
    assert "nobody.npz: no such file" in fails(driving="nobody.npz")


def test_no_face(fails, copier, tmp_path):
    blank = np.full((256, 256, 3), 90, "uint8")
    photo = write_image(tmp_path / "blank.png", blank)
    assert "no face found in blank.png" in fails(source=photo)
    assert "no face found in blank.png" in fails(PORTRAIT, photo, "a.png")
    with VideoWriter(tmp_path / "blank.mp4", 25) as video:
        for _ in range(3):
            video.write(blank)
    assert "no face found in blank.mp4" in fails(driving=tmp_path / "blank.mp4")


def test_no_such_face(fails, copier):
    message = fails(PORTRAIT, MOTION, "a.mp4", "--face", 2)
    assert "there is no face 2 in portrait.jpg: it has 1 face" in message


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.mp4", "a.npz"])
@pytest.mark.parametrize("content", [b"", b"only text\n" * 200])
def test_empty_files_and_text_under_another_name(
    fails, copier, tmp_path, name, content
):
    (tmp_path / name).write_bytes(content)
    if name in ("a.jpg", "a.png"):
        assert name in fails(source=tmp_path / name)
    else:
        assert name in fails(driving=tmp_path / name)


def test_truncated_photo(fails, copier, tmp_path):
    data = PORTRAIT.read_bytes()
    (tmp_path / "a.jpg").write_bytes(data[: len(data) // 2])
    assert "a.jpg is cut off or damaged" in fails(source=tmp_path / "a.jpg")


def test_one_pixel(fails, copier, tmp_path):
    photo = write_image(tmp_path / "a.png", np.zeros((1, 1, 3), "uint8"))
    assert "too small for a face, 1 x 1 pixels" in fails(source=photo)


def test_truncated_video(fails, copier, tmp_path, portrait):
    with VideoWriter(tmp_path / "a.mp4", 25) as video:
        for _ in range(10):
            video.write(portrait)
    data = (tmp_path / "a.mp4").read_bytes()
    (tmp_path / "a.mp4").write_bytes(data[: len(data) // 2])
    assert "a.mp4" in fails(driving=tmp_path / "a.mp4")


def test_truncated_video_that_can_be_opened(fails, copier, tmp_path, portrait):
    """Matroska needs no index: the frames so far are there, the rest isn't."""
    rng = np.random.default_rng(0)
    face = portrait[:256, 96:352] // 2
    with VideoWriter(tmp_path / "a.mkv", 25) as video:
        for _ in range(30):
            video.write(face + rng.integers(0, 40, face.shape, "uint8"))
    data = (tmp_path / "a.mkv").read_bytes()
    (tmp_path / "a.mkv").write_bytes(data[: len(data) // 3])
    message = fails(driving=tmp_path / "a.mkv")
    assert "a.mkv is cut off or damaged after frame" in message


def test_video_with_zero_frames(fails, copier, tmp_path):
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        container.start_encoding()
    assert "a.mkv" in fails(driving=tmp_path / "a.mkv")


def save_track(path, landmarks):
    np.savez(path, landmarks=landmarks, crop_size=256, fps=25.0)
    return path


def test_nan_landmarks(fails, copier, tmp_path):
    landmarks = LandmarkTrack.load(MOTION).landmarks.copy()
    landmarks[[3, 7, 8], 5] = np.nan
    message = fails(driving=save_track(tmp_path / "a.npz", landmarks))
    assert "a.npz has landmarks that are not finite in frames 3, 7-8" in message


@pytest.mark.parametrize("shape", [(5, 67, 2), (68, 2), (5, 68, 3), (0, 68, 2)])
def test_track_of_a_wrong_shape(fails, copier, tmp_path, shape):
    track = save_track(tmp_path / "a.npz", np.zeros(shape, "float32"))
    assert "a.npz has " in fails(driving=track)


def test_pickled_track(fails, copier, tmp_path):
    track = save_track(tmp_path / "a.npz", np.array([{"a": 1}], object))
    assert "a.npz is not a landmark track" in fails(driving=track)


def test_relative_to_a_single_image(fails, copier):
    message = fails(PORTRAIT, PORTRAIT, "a.png", "--relative")
    assert "single frame: relative motion needs a clip" in message


def test_relative_is_short_for_landmarks_relative(fails, copier):
    message = fails(PORTRAIT, PORTRAIT, "a.png", "--landmarks", "relative")
    assert "single frame: relative motion needs a clip" in message
