"""Tests of reading and writing videos, which need each other."""

import fractions

import av
import cv2
import numpy as np
import pytest

from aan_keras.faces import VideoReader, VideoWriter
from tests.faces.video_files import make_images, trim, write, write_at


def stored(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return stream.codec_context.name, stream.pix_fmt, stream.average_rate


def test_round_trip(tmp_path):
    images = make_images()
    path = write(tmp_path / "a.mp4", images, fps=24)
    assert stored(path) == ("h264", "yuv420p", 24)
    video = VideoReader(path)
    assert (video.fps, video.num_frames, video.size) == (24, 20, (96, 64))
    assert not video.has_audio
    for _ in range(2):
        read = list(video)
        assert [index for index, _ in read] == list(range(20))
        for (_, image), original in zip(read, images):
            assert image.dtype == np.uint8
            assert np.abs(image.astype(float) - original).mean() < 3


def test_the_same_frames_give_the_same_file(tmp_path):
    first = write(tmp_path / "a.mp4", make_images()).read_bytes()
    assert write(tmp_path / "b.mp4", make_images()).read_bytes() == first


def test_odd_sides_are_made_even(tmp_path):
    path = write(tmp_path / "a.mp4", make_images(3, 63, 95))
    _, image = next(iter(VideoReader(path)))
    assert image.shape == (64, 96, 3)
    expected = np.pad(make_images(1, 63, 95)[0], ((0, 1), (0, 1), (0, 0)), "edge")
    assert np.abs(image.astype(float) - expected).mean() < 3


def test_ntsc_rate_is_kept(tmp_path):
    path = write(tmp_path / "a.mp4", make_images(), fps=30000 / 1001)
    assert VideoReader(path).fps * 1001 == 30000


def test_left_out_frames_keep_the_time(tmp_path):
    images = make_images()
    with VideoWriter(tmp_path / "a.mp4", 25) as video:
        for index in (3, 4, 5, 11, 12):
            video.write(images[index], index)
    read = list(VideoReader(tmp_path / "a.mp4"))
    # The first frame is shown from the start; the gap of 6 frames stays a gap.
    with av.open(str(tmp_path / "a.mp4")) as container:
        times = [frame.time for frame in container.decode(video=0)]
    np.testing.assert_allclose(np.array(times) * 25, [0, 4, 5, 11, 12], atol=1e-3)
    assert len(read) == 5


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv"])
def test_colours_are_named_as_they_are_encoded(tmp_path, name):
    """BT.601 in 16 to 235: players take HD without a name for BT.709."""
    image = np.full((720, 1280, 3), (200, 40, 40), "uint8")
    with av.open(str(write(tmp_path / name, [image]))) as container:
        frame = next(container.decode(video=0))
    assert (frame.colorspace, frame.color_range) == (6, 1)
    assert (frame.color_primaries, frame.color_trc) == (1, 1)
    luma = 16 + 219 / 255 * (0.299 * 200 + 0.587 * 40 + 0.114 * 40)
    assert abs(np.asarray(frame.planes[0])[99] - luma) < 2


def test_name_with_a_colon(tmp_path, monkeypatch):
    """FFmpeg takes what is before it for a protocol."""
    monkeypatch.chdir(tmp_path)
    path = write("2024-05-01T10:15.mp4", make_images(3))
    write("10:16.mp4", make_images(3), audio_from=path)
    assert len(list(VideoReader("10:16.mp4"))) == 3


def test_clip_trimmed_without_encoding(tmp_path):
    """It still holds the frames before its beginning, from the last keyframe on."""
    path = write(tmp_path / "a.mp4", make_images(40))
    every = [image for _, image in VideoReader(path)]
    video = VideoReader(trim(path, 25))
    assert video.num_frames == video.count_frames() == 15
    read = list(video)
    assert [index for index, _ in read] == list(range(15))
    for (_, image), expected in zip(read, every[25:]):
        np.testing.assert_array_equal(image, expected)


def test_variable_frame_rate_is_read_by_time(tmp_path):
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=1000)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        times = [0, 40, 80, 200, 205, 280, 320, 360]
        for time, image in zip(times, make_images()):
            frame = av.VideoFrame.from_ndarray(image)
            frame.pts = time
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    video = VideoReader(tmp_path / "a.mp4")
    places = [index for index, _ in video]
    assert len(places) == 7 and (np.diff(places) > 0).all()
    times.remove(205)  # too soon after the frame before it
    late = np.array(places) / float(video.fps) - np.array(times) / 1000
    assert np.abs(late).max() <= 0.5 / float(video.fps)


def test_frames_faster_than_the_average_do_not_run_ahead(tmp_path):
    times = [*range(0, 2000, 33), *range(2010, 8000, 133)]
    path = write_at(tmp_path / "a.mp4", times)
    video = VideoReader(path)
    read = list(video)
    places = np.array([index for index, _ in read])
    assert 0.6 * len(times) < len(read) < 0.9 * len(times)
    assert (np.diff(places) > 0).all()
    # Whoever asks for frames by number gets all of them.
    brightness = [image.mean() for _, image in video.select(range(len(times)))]
    assert video.count_frames() == len(set(brightness)) == len(times)
    shown = [times[brightness.index(image.mean())] for _, image in read]
    late = places / float(video.fps) - np.array(shown) / 1000
    assert np.abs(late).max() <= 0.76 / float(video.fps)


def test_a_clip_that_lacks_frames_loses_no_others(tmp_path):
    times = [40 * i for i in range(200) if i % 50 < 40]
    video = VideoReader(write_at(tmp_path / "a.mp4", times, rate=25))
    assert video.fps == 25
    assert [index for index, _ in video] == [time // 40 for time in times]


@pytest.mark.parametrize("fps", ["24000/1001", "25", "30000/1001", "30", "60"])
def test_rounded_times_cost_no_frame(tmp_path, fps):
    """Matroska's times are in milliseconds."""
    fps = fractions.Fraction(fps)
    times = [round(1000 * i / fps) for i in range(240)]
    path = write_at(tmp_path / "a.mkv", times, rate=fps)
    assert [index for index, _ in VideoReader(path)] == list(range(240))


def test_phone_video_is_turned_upright(tmp_path):
    """The display matrix in the header says: rotate by 90 degrees."""
    path = write(tmp_path / "a.mp4", make_images(5))
    data = bytearray(path.read_bytes())
    unit = (1 << 16).to_bytes(4, "big")
    zero, minus = bytes(4), ((-1 << 16) & 0xFFFFFFFF).to_bytes(4, "big")
    end = zero + (1 << 30).to_bytes(4, "big")
    identity = unit + zero * 3 + unit + zero * 3 + end[4:]
    place = data.index(identity, data.index(b"tkhd"))
    turned = zero + unit + zero + minus + zero * 4 + end[4:]
    data[place : place + 36] = turned
    path.write_bytes(data)
    _, image = next(iter(VideoReader(path)))
    assert image.shape == (96, 64, 3) and VideoReader(path).size == (64, 96)
    expected = np.rot90(make_images(1)[0], -1)
    assert np.abs(image.astype(float) - expected).mean() < 3


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
@pytest.mark.parametrize(
    ("ratio", "width"), [("4/3", 128), ("8/9", 85), ("256/255", 96), ("99/1", 96)]
)
def test_pixels_that_are_not_square(tmp_path, name, ratio, width):
    """As players show them; but what isn't seen, or can't be meant, is left alone."""
    images = make_images(3)
    with av.open(str(tmp_path / name), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.codec_context.sample_aspect_ratio = fractions.Fraction(ratio)
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image)))
        container.mux(stream.encode())
    video = VideoReader(tmp_path / name)
    assert video.size == (width, 64)
    for (_, image), original in zip(video, images, strict=True):
        expected = cv2.resize(original, (width, 64)).astype(float)
        assert np.abs(image - expected).mean() < 3


def test_part_of_a_clip(tmp_path):
    images = make_images()
    path = write(tmp_path / "a.mp4", images)
    video = VideoReader(path)
    whole = list(video)
    for first, stop in ((0, 5), (7, 12), (18, None), (18, 99), (5, 6)):
        part = list(video.between(first, stop))
        assert [index for index, _ in part] == list(range(20))[first:stop]
        for index, image in part:
            np.testing.assert_array_equal(image, whole[index][1])
    assert list(video.between(20)) == []


def test_reading_does_not_keep_the_frames(tmp_path):
    """Resident memory after 40 and after 240 frames of 0.8 MB each."""
    import resource

    image = np.zeros((512, 512, 3), "uint8")
    path = write(tmp_path / "a.mp4", (image for _ in range(240)))
    marks = []
    for index, _ in VideoReader(path):
        if index in (40, 239):
            marks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    assert marks[1] - marks[0] < 30_000  # KB; 157 000 if they were kept.


def test_selected_frames_are_those_of_the_whole_clip(moved, write_clip):
    video = VideoReader(write_clip([moved(dx=2 * i) for i in range(9)]))
    every = [image for _, image in video]
    selected = list(video.select([7, 2, 100]))
    assert [number for number, _ in selected] == [2, 7]
    for number, image in selected:
        np.testing.assert_array_equal(image, every[number])


def test_frames_are_counted_where_the_file_does_not_say(moved, write_clip):
    for name in ("clip.mp4", "clip.mkv"):
        video = VideoReader(write_clip([moved()] * 7, name))
        assert video.count_frames() == video.num_frames == 7
