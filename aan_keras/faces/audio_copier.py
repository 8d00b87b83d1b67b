"""The sound of one clip, in another."""

import pathlib

# What players play.
_COPIED = ("aac", "mp3", "mp3float", "ac3", "eac3", "alac")
_AAC_RATES = (96000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000)


class AudioCopier:
    """Copies the sound of a clip into an open container, as far as it is needed.

    What the container or players don't take is encoded as AAC.

    Args:
        path: the clip; without sound, nothing is copied.
        container: PyAV output container whose header isn't written yet.
        start: what is heard first, in seconds from the clip's first picture.
    """

    def __init__(self, path, container, start=0):
        import av

        # Absolute: FFmpeg takes what is before a colon for a protocol.
        self._source = av.open(str(pathlib.Path(path).absolute()))
        self._container = container
        self._stream = None
        video, audio = self._source.streams.video, self._source.streams.audio
        if not audio:
            return
        self._input = audio[0]
        name = self._input.codec_context.name
        # .m4v holds less than .mp4 does.
        self._copies = name in _COPIED and name in container.supported_codecs
        if self._copies:
            self._stream = container.add_stream_from_template(self._input)
        else:
            rate = self._input.codec_context.sample_rate
            rate = rate if rate in _AAC_RATES else 48000
            self._stream = container.add_stream("aac", rate=rate)
            alone = self._input.codec_context.channels == 1
            self._stream.layout = "mono" if alone else "stereo"
        # The picture starts at 0 in the new file; the sound must not move against it.
        picture = video[0].start_time if video else None
        self._start = start + (picture * video[0].time_base if picture else 0)
        self._packets = self._copy() if self._copies else self._encode()
        self._next = next(self._packets, None)

    def copy_until(self, seconds):
        """Muxes all packets that start before `seconds` of the new file."""
        while self._stream is not None and self._next is not None:
            time, packet = self._next
            if time >= seconds:
                return
            self._container.mux(packet)
            self._next = next(self._packets, None)

    def close(self):
        """Closes the clip."""
        self._source.close()

    def _copy(self):
        """Yields `(start in seconds, packet)` of the clip's own compressed sound."""
        for packet in self._source.demux(self._input):
            if packet.pts is None:
                continue
            shift = round(self._start / packet.time_base)
            packet.pts -= shift
            packet.dts = packet.pts if packet.dts is None else packet.dts - shift
            if packet.pts >= 0:
                packet.stream = self._stream
                yield packet.pts * packet.time_base, packet

    def _encode(self):
        """Yields `(start in seconds, packet)` of the sound, encoded anew."""
        import av

        encoder = self._stream.codec_context
        resampler = av.AudioResampler("fltp", encoder.layout, encoder.rate)
        for frame in self._source.decode(self._input):
            if frame.time is None or frame.time < self._start:
                continue
            frame.pts -= round(self._start / frame.time_base)
            for resampled in resampler.resample(frame):
                for packet in self._stream.encode(resampled):
                    yield packet.pts * packet.time_base, packet
        for packet in self._stream.encode(None):
            yield packet.pts * packet.time_base, packet
