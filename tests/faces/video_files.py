"""Small videos, for the tests of reading and writing them."""

import fractions

import av
import numpy as np

from aan_keras.faces import VideoWriter


def make_images(count=20, height=64, width=96):
    """Smooth images whose brightness tells the frame's number."""
    y, x = np.mgrid[:height, :width]
    base = np.stack([x, y, (x + y) / 2], -1) * 0.5
    return [np.round(base + 6 * i).astype("uint8") for i in range(count)]


def write(path, images, fps=25, audio_from=None):
    """Writes a video; returns its path."""
    with VideoWriter(path, fps, audio_from) as video:
        for image in images:
            video.write(image)
    return path


def write_at(path, times, rate=30, codec="libx264"):
    """Writes grey frames at times in milliseconds; their luma is 16 + their number."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        stream.codec_context.time_base = fractions.Fraction(1, 1000)
        if codec == "libx264":
            stream.options = {"qp": "0"}  # lossless
        for number, time in enumerate(times):
            image = np.full((96, 64), 128, "uint8")
            image[:64] = 16 + number % 220
            frame = av.VideoFrame.from_ndarray(image, format="yuv420p")
            frame.pts, frame.time_base = time, fractions.Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def fast_start(path):
    """The header before the pictures, as in clips from the web."""
    return _copy(path, path.with_name("fast.mp4"), {"movflags": "faststart"})


def trim(path, frames):
    """Leaves frames out at the beginning as phones do: an edit list skips them."""
    options = {"avoid_negative_ts": "disabled", "movflags": "faststart"}
    return _copy(path, path.with_name("trim.mp4"), options, frames)


def _copy(path, output, options, skipped=0):
    writing = av.open(str(output), "w", options=options)
    with av.open(str(path)) as source, writing:
        fps = source.streams.video[0].average_rate
        stream = writing.add_stream_from_template(source.streams.video[0], opaque=True)
        for packet in source.demux(video=0):
            if packet.dts is not None:
                shift = round(skipped / fps / packet.time_base)
                packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
                packet.stream = stream
                writing.mux(packet)
    return output
