"""Tests of reading and writing videos, which need each other."""

import av
import numpy as np
import pytest

from aan_keras.faces import InputError, VideoReader, VideoWriter


def make_images(count=20, height=64, width=96):
    """Smooth images whose brightness tells the frame's number."""
    y, x = np.mgrid[:height, :width]
    base = np.stack([x, y, (x + y) / 2], -1) * 0.5
    return [np.round(base + 6 * i).astype("uint8") for i in range(count)]


def write(path, images, fps=25, audio_from=None):
    with VideoWriter(path, fps, audio_from) as video:
        for image in images:
            video.write(image)
    return path


def write_with_sound(path, codec, rate=44100, seconds=2.0, fps=25, tone=440):
    """A clip with a tone that is silent in its first half."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=fps)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        audio = container.add_stream(codec, rate=rate)
        audio.layout = "mono"
        for _ in range(round(seconds * fps)):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 99, "uint8"))
            container.mux(video.encode(frame))
        container.mux(video.encode())
        time = np.arange(round(seconds * rate)) / rate
        wave = 0.5 * np.sin(2 * np.pi * tone * time) * (time >= seconds / 2)
        resampler = av.AudioResampler(audio.codec_context.format, "mono", rate)
        for start in range(0, len(wave), 1024):
            block = wave[None, start : start + 1024].astype("float32")
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = rate, start
            for resampled in resampler.resample(frame):
                container.mux(audio.encode(resampled))
        container.mux(audio.encode(None))
    return path


def read_sound(path):
    """Loudness in hundredths of a second, and the stream's codec."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        rate, blocks, start = stream.rate, [], None
        for frame in container.decode(stream):
            start = frame.time if start is None else start
            assert frame.layout.name == "mono"
            blocks.append(frame.to_ndarray().astype("float64").reshape(-1))
        wave = np.concatenate([np.zeros(round(max(start, 0) * rate)), *blocks])
        step = rate // 100
        wave = wave[: len(wave) // step * step].reshape(-1, step)
        return np.abs(wave).mean(1), stream.codec_context.name


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


def test_variable_frame_rate_is_read_by_time(tmp_path):
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=1000)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        times = [0, 40, 80, 200, 210, 280, 320, 360]
        for time, image in zip(times, make_images()):
            frame = av.VideoFrame.from_ndarray(image)
            frame.pts = time
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    video = VideoReader(tmp_path / "a.mp4")
    places = [index for index, _ in video]
    assert len(places) == 8 and (np.diff(places) > 0).all()
    late = np.array(places) / float(video.fps) - np.array(times) / 1000
    assert np.abs(late).max() <= 1 / float(video.fps)


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
    assert image.shape == (96, 64, 3)
    expected = np.rot90(make_images(1)[0], -1)
    assert np.abs(image.astype(float) - expected).mean() < 3


@pytest.mark.parametrize(
    ("name", "codec", "kept"),
    [
        ("a.mp4", "aac", "aac"),
        ("a.mkv", "mp3", "mp3float"),
        ("a.mkv", "pcm_s16le", "aac"),
    ],
)
def test_sound_is_kept_in_time_and_ends_with_the_picture(tmp_path, name, codec, kept):
    clip = write_with_sound(tmp_path / name, codec)
    path = write(tmp_path / "out.mp4", make_images(38), 25, audio_from=clip)
    loudness, found = read_sound(path)
    assert found == kept
    assert 1.45 < len(loudness) / 100 < 1.62
    # Silent for a second, then loud.
    assert loudness[10:90].max() < 0.02 < 0.1 < loudness[110:140].min()
    assert VideoReader(path).has_audio


def test_copied_sound_is_bit_for_bit_the_same(tmp_path):
    clip = write_with_sound(tmp_path / "a.mp4", "aac")
    path = write(tmp_path / "out.mp4", make_images(40), 25, audio_from=clip)

    def packets(path):
        with av.open(str(path)) as container:
            return [bytes(p) for p in container.demux(audio=0) if p.size]

    copied = packets(path)
    original = packets(clip)
    assert len(copied) > 60
    start = original.index(copied[0])
    assert start <= 1 and copied == original[start : start + len(copied)]


def test_clip_without_sound_gives_a_silent_video(tmp_path):
    clip = write(tmp_path / "a.mp4", make_images())
    path = write(tmp_path / "out.mp4", make_images(), audio_from=clip)
    assert not VideoReader(path).has_audio


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


def fast_start(path):
    """The header before the pictures, as in clips from the web."""
    output = path.with_name("fast.mp4")
    writing = av.open(str(output), "w", options={"movflags": "faststart"})
    with av.open(str(path)) as source, writing:
        stream = writing.add_stream_from_template(source.streams.video[0], opaque=True)
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                writing.mux(packet)
    return output


def test_truncated_video(tmp_path):
    path = fast_start(write(tmp_path / "a.mp4", make_images(40, 128, 128)))
    data = path.read_bytes()
    path.write_bytes(data[: int(0.6 * len(data))])
    with pytest.raises(InputError, match=r"cut off or damaged after frame \d+ of 40"):
        list(VideoReader(path))


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


def test_what_lies_after_the_part_may_be_damaged(tmp_path):
    path = fast_start(write(tmp_path / "a.mp4", make_images(40, 128, 128)))
    data = path.read_bytes()
    path.write_bytes(data[: int(0.6 * len(data))])
    assert [index for index, _ in VideoReader(path).between(2, 6)] == [2, 3, 4, 5]
    with pytest.raises(InputError, match="cut off or damaged"):
        list(VideoReader(path).between(2))


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "aac"), ("a.mkv", "pcm_s16le")])
def test_sound_of_a_part_of_a_clip(tmp_path, name, codec):
    """The clip is silent for a second, then loud; its part begins at 0.6 s."""
    clip = write_with_sound(tmp_path / name, codec)
    with VideoWriter(tmp_path / "out.mp4", 25, clip, audio_start=0.6) as video:
        for image in make_images(20):
            video.write(image)
    loudness, _ = read_sound(tmp_path / "out.mp4")
    assert 0.75 < len(loudness) / 100 < 0.9
    assert loudness[8:30].max() < 0.02 < 0.1 < loudness[50:75].min()


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
    video = VideoReader(write_clip([moved()] * 7))
    assert video.count_frames() == video.num_frames == 7
    video.num_frames = None
    assert video.count_frames() == 7
