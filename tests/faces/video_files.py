"""Small videos, for the tests of reading and writing them."""

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
