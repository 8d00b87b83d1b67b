import base64
import re
import shutil

import av
import cv2
import numpy as np
import pytest

from aan_keras.demo import MOTION, PORTRAIT
from aan_keras.faces import (
    InputError,
    LandmarkTrack,
    VideoReader,
    VideoWriter,
    read_photo,
)
from aan_keras.faces.draw_landmarks import draw_landmarks
from aan_keras.reenact_file import Written, check_file_kinds, reenact_file
from aan_keras.reenactment import Reenactment
from tests.copier import Copier


def shifted(portrait, pixels):
    matrix = np.array([[1.0, 0, pixels], [0, 1, 0]])
    size = portrait.shape[1::-1]
    return cv2.warpAffine(portrait, matrix, size, borderMode=cv2.BORDER_REPLICATE)


@pytest.fixture
def clip(tmp_path, portrait):
    """18 frames at 20 frames/s with a tone; no face in frames 2 to 13."""
    silent, path = tmp_path / "silent.mp4", tmp_path / "clip.mp4"
    portrait = np.ascontiguousarray(portrait[:256, 96:352])
    blank = np.full_like(portrait, 90)
    with VideoWriter(silent, 20) as video:
        for i in range(18):
            video.write(blank if 2 <= i < 14 else shifted(portrait, 2 * i))
    with av.open(str(path), "w") as writing, av.open(str(silent)) as source:
        video = writing.add_stream_from_template(source.streams.video[0], opaque=True)
        audio = writing.add_stream("aac", rate=16000)
        audio.layout = "mono"
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = video
                writing.mux(packet)
        wave = 0.3 * np.sin(np.arange(14400) / 5).astype("float32")[None]
        for start in range(0, 14400, 1024):
            block = np.ascontiguousarray(wave[:, start : start + 1024])
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 16000, start
            writing.mux(audio.encode(frame))
        writing.mux(audio.encode(None))
    return path


def test_video_with_rate_times_and_sound_of_the_clip(tmp_path, clip, landmarker):
    told = []
    written = reenact_file(
        Copier(),
        PORTRAIT,
        clip,
        tmp_path / "out.mp4",
        landmarker=landmarker,
        report=told.append,
    )
    # Held for half a second, 10 frames; then 2 frames are left out.
    assert told == [
        "clip.mp4: no face in frames 2-11: kept the last landmarks",
        "clip.mp4: no face in frames 12-13: left out",
    ]
    assert (written.path, written.num_frames) == (tmp_path / "out.mp4", 16)
    video = VideoReader(written.path)
    assert video.has_audio and video.size == (64, 64)
    with av.open(str(written.path)) as container:
        times = [frame.time for frame in container.decode(video=0)]
    expected = [*range(12), *range(14, 18)]
    np.testing.assert_allclose(np.array(times) * 20, expected, atol=1e-3)
    source = Reenactment(Copier(), PORTRAIT, MOTION, landmarker=landmarker).source_image
    for _, image in video:
        assert np.abs(image.astype(float) - source).mean() < 3


def test_side_by_side_shows_the_frames_that_drove(tmp_path, clip, landmarker):
    out = tmp_path / "out.mp4"
    options = {"landmarker": landmarker, "side_by_side": True}
    reenact_file(Copier(), PORTRAIT, clip, out, **options)
    made = Reenactment(Copier(), PORTRAIT, clip, landmarker=landmarker)
    driving = dict(VideoReader(clip))
    shown = list(VideoReader(out))
    assert len(shown) == 16
    for place, (_, image) in zip(made.track.frame_index, shown):
        assert image.shape == (64, 192, 3)
        expected = made.track.crop.cut(driving[int(place)], 64)
        for part, wanted in zip(
            np.split(image, 3, axis=1), (made.source_image, expected, made.source_image)
        ):
            assert np.abs(part.astype(float) - wanted).mean() < 4


def test_side_by_side_draws_a_track(tmp_path, landmarker):
    track = LandmarkTrack(LandmarkTrack.load(MOTION).landmarks[:3], fps=30)
    track.save(tmp_path / "a.npz")
    out = tmp_path / "out.mp4"
    options = {"landmarker": landmarker, "side_by_side": True}
    reenact_file(Copier(), PORTRAIT, tmp_path / "a.npz", out, **options)
    shown = [image for _, image in VideoReader(out)]
    assert len(shown) == 3 and not VideoReader(out).has_audio
    for landmarks, image in zip(track.landmarks, shown):
        drawn = draw_landmarks((landmarks + 0.5) / 4 - 0.5, 64)
        assert np.abs(image[:, 64:128].astype(float) - drawn).mean() < 6


@pytest.mark.parametrize("side_by_side", [False, True])
def test_photo_by_photo(tmp_path, portrait, landmarker, side_by_side):
    out = tmp_path / "out.png"
    written = reenact_file(
        Copier(),
        PORTRAIT,
        PORTRAIT,
        out,
        landmarker=landmarker,
        side_by_side=side_by_side,
    )
    source = Reenactment(Copier(), PORTRAIT, MOTION, landmarker=landmarker).source_image
    image = read_photo(out)
    assert written.num_frames == 1
    if side_by_side:
        left, middle, image = np.split(image, 3, axis=1)
        np.testing.assert_array_equal(left, source)
        assert np.abs(middle.astype(float) - source).mean() < 8
    np.testing.assert_array_equal(image, source)


def test_progress_is_asked_for_both_passes(tmp_path, clip, landmarker):
    asked = []

    def progress(frames, total, what):
        asked.append((total, what))
        return frames

    out = tmp_path / "out.mp4"
    reenact_file(
        Copier(), PORTRAIT, clip, out, landmarker=landmarker, progress=progress
    )
    assert asked == [(18, "tracking"), (16, "reenacting")]


@pytest.mark.parametrize(
    ("driving", "output"),
    [
        ("a.jpg", "b.mp4"),
        ("a.jfif", "b.mp4"),
        ("a.jpg", "b.jfif"),  # read, but not written
        ("a.mp4", "b.png"),
        ("a.gif", "b.png"),
        ("a.npz", "b.jpg"),
        ("a.mp4", "b"),
    ],
)
def test_kinds_that_do_not_go_together(driving, output):
    with pytest.raises(InputError, match=f"{output} can't hold the result"):
        check_file_kinds(driving, output)


@pytest.mark.parametrize("suffix", [".jfif", ".JPE", ".jp2", ".avif"])
def test_a_photo_may_have_a_seldom_name(tmp_path, landmarker, suffix):
    """And is read by what is in it."""
    shutil.copy(PORTRAIT, tmp_path / f"pose{suffix}")
    paths = tmp_path / f"pose{suffix}", tmp_path / "out.png"
    options = {"landmarker": landmarker, "side_by_side": True}
    assert reenact_file(Copier(), PORTRAIT, *paths, **options).num_frames == 1
    assert read_photo(tmp_path / "out.png").shape == (64, 192, 3)


def test_what_is_no_photo_is_told_what_photos_are():
    with pytest.raises(InputError, match=r"a.ppm gives a video, since .*\.jfif"):
        check_file_kinds("a.ppm", "b.png")


def not_asked(image):
    raise AssertionError("a face was looked for")


@pytest.mark.parametrize("replaced", ["photo", "clip"])
def test_an_input_is_not_replaced(tmp_path, replaced):
    shutil.copy(PORTRAIT, tmp_path / "photo.png")
    shutil.copy(PORTRAIT, tmp_path / "pose.png")
    inputs = tmp_path / "photo.png", tmp_path / "pose.png"
    out = tmp_path / "link.png"
    out.symlink_to(inputs[replaced == "clip"])
    with pytest.raises(InputError, match=r"link.png: it would replace .*, which is an"):
        reenact_file(Copier(), *inputs, out, landmarker=not_asked)
    for path in inputs:
        assert path.read_bytes() == PORTRAIT.read_bytes()


def test_where_nothing_can_be_written_no_face_is_looked_for(tmp_path, clip):
    (tmp_path / "folder.mp4").mkdir()
    for name, message in (("no/a.mp4", "no folder"), ("folder.mp4", "is a folder")):
        with pytest.raises(InputError, match=message):
            out = tmp_path / name
            reenact_file(Copier(), PORTRAIT, clip, out, landmarker=not_asked)


def test_failure_in_the_middle_leaves_no_file(tmp_path, landmarker):
    class Failing(Copier):
        def drive(self, code, driving_landmarks):
            import tensorflow as tf

            with tf.control_dependencies(
                [tf.debugging.assert_less(driving_landmarks[0, 30, 0], 34.0)]
            ):
                return tf.identity(code["source"])

    with pytest.raises(Exception, match="less"):
        reenact_file(
            Failing(),
            PORTRAIT,
            MOTION,
            tmp_path / "out.mp4",
            landmarker=landmarker,
            mode="absolute",
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "suffix, pattern",
    [
        (".mp4", r'<video controls loop src="data:video/mp4;base64,(.+)"></video>'),
        (".png", r'<img src="data:image/png;base64,(.+)">'),
        (".jpg", r'<img src="data:image/jpeg;base64,(.+)">'),
    ],
)
def test_a_notebook_shows_the_file_itself(tmp_path, suffix, pattern):
    path = tmp_path / f"out{suffix}"
    path.write_bytes(b"\x00 what the file holds \xff")
    data = re.fullmatch(pattern, Written(path, 1, 0.0)._repr_html_()).group(1)
    assert base64.b64decode(data) == path.read_bytes()
