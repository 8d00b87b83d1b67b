"""Sound that goes along with the pictures."""

import av
import numpy as np
import pytest

from aan_keras.faces import VideoReader, VideoWriter
from tests.faces.video_files import make_images, write


def write_with_sound(
    path, codec, rate=44100, seconds=2.0, fps=25, tone=440, pictures=None
):
    """A clip with a tone that is silent in its first half."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=fps)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        audio = container.add_stream(codec, rate=rate)
        audio.layout = "mono"
        for _ in range(pictures or round(seconds * fps)):
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


@pytest.mark.parametrize("output", [".mp4", ".m4v", ".mov", ".mkv"])
@pytest.mark.parametrize("codec", ["mp3", "eac3", "ac3", "aac"])
def test_sound_that_a_container_does_not_hold_is_encoded(tmp_path, codec, output):
    """M4V, of Apple's players, holds neither MP3 nor E-AC-3."""
    clip = write_with_sound(tmp_path / "a.mkv", codec, rate=48000)
    path = write(tmp_path / f"out{output}", make_images(50), 25, audio_from=clip)
    loudness, found = read_sound(path)
    _, original = read_sound(clip)
    encoded = output == ".m4v" and codec in ("mp3", "eac3")
    assert found == ("aac" if encoded else original)
    assert loudness[10:90].max() < 0.02 < 0.1 < loudness[110:190].min()


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
