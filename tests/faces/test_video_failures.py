"""Videos that can't be read or written: a clear error, and no file left behind."""

import av
import numpy as np
import pytest

from aan_keras.faces import InputError, VideoReader, VideoWriter
from tests.faces.test_video_sound import write_with_sound
from tests.faces.video_files import fast_start, make_images, trim, write, write_at


@pytest.mark.parametrize("failure", [RuntimeError("x"), KeyboardInterrupt()])
@pytest.mark.parametrize("count", [0, 1, 10])
def test_failure_leaves_no_file(tmp_path, failure, count):
    with pytest.raises(type(failure)), VideoWriter(tmp_path / "a.mp4", 25) as video:
        for image in make_images(count):
            video.write(image)
        raise failure
    assert list(tmp_path.iterdir()) == []


def test_no_frames_leave_no_file(tmp_path):
    video = VideoWriter(tmp_path / "a.mp4", 25)
    with pytest.raises(InputError, match="no frames"), video:
        pass
    assert list(tmp_path.iterdir()) == []


def test_unwritable(tmp_path):
    with pytest.raises(InputError, match="ends in .mp4"):
        VideoWriter(tmp_path / "a.png", 25)
    with pytest.raises(InputError, match="no folder"):
        write(tmp_path / "none" / "a.mp4", make_images())


def test_truncated_video(tmp_path):
    path = fast_start(write(tmp_path / "a.mp4", make_images(40, 128, 128)))
    data = path.read_bytes()
    path.write_bytes(data[: int(0.6 * len(data))])
    with pytest.raises(InputError, match=r"cut off or damaged after frame \d+ of 40"):
        list(VideoReader(path))


def test_trimmed_video_that_is_truncated(tmp_path):
    path = trim(write(tmp_path / "a.mp4", make_images(60, 128, 128)), 20)
    data = path.read_bytes()
    path.write_bytes(data[: int(0.7 * len(data))])
    with pytest.raises(InputError, match=r"cut off or damaged after frame \d+ of 40"):
        list(VideoReader(path))


@pytest.mark.parametrize("name", ["a.mkv", "a.webm"])
def test_truncated_matroska(tmp_path, name):
    """It needs no index, but says when its picture ends."""
    codec = "libvpx" if name == "a.webm" else "libx264"
    times = range(0, 4000, 40)
    path = write_at(tmp_path / name, times, rate=25, codec=codec)
    assert len(list(VideoReader(path))) == len(times)
    data = path.read_bytes()
    path.write_bytes(data[: int(0.6 * len(data))])
    with pytest.raises(InputError, match=r"cut off or damaged after frame \d+ \("):
        list(VideoReader(path))


def test_sound_that_is_longer_than_the_picture_is_no_damage(tmp_path):
    clip = write_with_sound(tmp_path / "a.mkv", "aac", seconds=4, pictures=20)
    video = VideoReader(clip)
    assert len(list(video)) == video.num_frames == video.count_frames() == 20


def test_slow_parts_are_no_damage(tmp_path):
    """30 frames a second at first, then 15."""
    times = [*range(0, 2000, 33), *range(2010, 6000, 67)]
    video = VideoReader(write_at(tmp_path / "a.mkv", times))
    assert video.count_frames() == len(times)
    assert len(list(video.select(range(999)))) == len(times)
    assert len(list(video)) > 0.95 * len(times)


def test_truncated_video_without_header(tmp_path):
    path = write(tmp_path / "a.mp4", make_images())
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(InputError, match="is not a video that can be read, or is cut"):
        VideoReader(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"", "is empty"), (b"just some text\n" * 99, "is not a video that can be read")],
)
def test_unreadable_files(tmp_path, data, message):
    (tmp_path / "a.mp4").write_bytes(data)
    with pytest.raises(InputError, match=message) as info:
        VideoReader(tmp_path / "a.mp4")
    assert "\n" not in str(info.value)


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        VideoReader(tmp_path / "a.mp4")


def test_video_with_zero_frames(tmp_path):
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        container.start_encoding()
    with pytest.raises(InputError, match="a.mkv"):
        list(VideoReader(tmp_path / "a.mkv"))


def test_sound_without_picture(tmp_path):
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        audio = container.add_stream("pcm_s16le", rate=8000)
        audio.layout = "mono"
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 800), "int16"), format="s16", layout="mono"
        )
        frame.sample_rate = 8000
        container.mux(audio.encode(frame))
    with pytest.raises(InputError, match="has no picture"):
        VideoReader(tmp_path / "a.mkv")


def test_what_lies_after_the_part_may_be_damaged(tmp_path):
    path = fast_start(write(tmp_path / "a.mp4", make_images(40, 128, 128)))
    data = path.read_bytes()
    path.write_bytes(data[: int(0.6 * len(data))])
    assert [index for index, _ in VideoReader(path).between(2, 6)] == [2, 3, 4, 5]
    with pytest.raises(InputError, match="cut off or damaged"):
        list(VideoReader(path).between(2))
