import numpy as np
import pytest

from aan_keras.faces import VideoReader
from aan_keras.preparation import raw_frames
from aan_keras.preparation.raw_frames import RawFrames


def test_frames_of_a_video_are_spread_over_its_length(moved, write_clip, raw_clip):
    path = write_clip([moved(dx=3 * i) for i in range(20)])
    frames = RawFrames(raw_clip(path), max_frames=5)
    assert frames.numbers == [0, 5, 10, 14, 19]
    every = dict(VideoReader(path))
    for number, image in frames:
        np.testing.assert_array_equal(image, every[number])


def test_clips_are_decoded_in_one_thread_each(moved, write_clip, raw_clip):
    path = write_clip([moved(dx=i) for i in range(3)])
    frames = RawFrames(raw_clip(path), max_frames=3)
    with frames._video._open() as (_, stream):
        assert stream.codec_context.thread_count == 1
        assert len(list(stream.container.decode(stream))) == 3
        assert stream.codec_context.thread_count == 1


@pytest.mark.parametrize("limit", [0, 10**9])
def test_second_reading_is_the_first(moved, write_clip, raw_clip, limit, monkeypatch):
    monkeypatch.setattr(raw_frames, "_HELD_BYTES", limit)
    frames = RawFrames(raw_clip(write_clip([moved(dx=9 * i) for i in range(4)])), 3)
    first, second = list(frames), list(frames)
    assert [number for number, _ in second] == frames.numbers
    for (_, one), (_, two) in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, two)
    assert (first[0][1] is second[0][1]) == (limit > 0)


def test_frame_folder_with_an_unreadable_file(moved, write_frames, raw_clip):
    folder = write_frames([moved(dx=i) for i in range(4)])
    (folder / "0002.png").write_bytes(b"not a picture")
    (folder / "notes.txt").touch()
    frames = list(RawFrames(raw_clip(folder, "frames"), max_frames=64))
    assert [number for number, _ in frames] == [0, 1, 2, 3]
    np.testing.assert_array_equal(frames[3][1], moved(dx=3))
    assert frames[2][1] is None


def test_no_frames(tmp_path, raw_clip):
    with pytest.raises(ValueError, match="has no frames"):
        RawFrames(raw_clip(tmp_path, "frames"), 4)
