"""A prepared clip, and what was found on the way."""

import dataclasses
import io
import json

import numpy as np


@dataclasses.dataclass(frozen=True)
class ClipRecord:
    """A clip that is fit for training.

    Args:
        identity: name of the person.
        clip: name of the clip.
        frames: list of JPEG files (bytes), all square and of one size.
        landmarks: float32 `[frames, 68, 2]`, (x, y) in pixels of the frames.
        size: side of the frames in pixels.
        is_photo_set: the frames are unrelated photos, not moments of one video.
        frame_index: int `[frames]`, places of the frames in the raw clip.
    """

    identity: str
    clip: str
    frames: list
    landmarks: np.ndarray
    size: int
    is_photo_set: bool
    frame_index: np.ndarray

    @property
    def num_bytes(self):
        """Bytes of the frames and landmarks, which decide where a shard ends."""
        return sum(len(frame) for frame in self.frames) + self.landmarks.nbytes

    def to_bytes(self):
        """The record as a NumPy `.npz` file without pickled objects."""
        names = {"identity": self.identity, "clip": self.clip}
        file = io.BytesIO()
        np.savez(
            file,
            names=np.frombuffer(json.dumps(names).encode(), "uint8"),
            frames=np.frombuffer(b"".join(self.frames), "uint8"),
            lengths=np.array([len(frame) for frame in self.frames], "int64"),
            landmarks=self.landmarks,
            numbers=np.array([self.size, self.is_photo_set], "int64"),
            frame_index=np.asarray(self.frame_index, "int64"),
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data):
        """The inverse of `to_bytes`."""
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        frames = arrays["frames"].tobytes()
        ends = np.cumsum(arrays["lengths"])
        size, is_photo_set = arrays["numbers"].tolist()
        return cls(
            **json.loads(arrays["names"].tobytes()),
            frames=[
                frames[end - length : end]
                for end, length in zip(ends, arrays["lengths"])
            ],
            landmarks=arrays["landmarks"],
            size=size,
            is_photo_set=bool(is_photo_set),
            frame_index=arrays["frame_index"],
        )


@dataclasses.dataclass
class ClipStatistics:
    """What became of a raw clip; goes to JSON by `dataclasses.asdict`.

    Args:
        identity, clip, split, kind: as in `RawClip`.
        path: of the raw clip, as the data set's folder was called at the time.
        read: frames looked at.
        kept: frames in the record.
        dropped: dict of reason to number of frames.
        error: why the whole clip was left out, or None.
        face_width: of each kept frame, in pixels of the raw clip.
        motion: how much the landmarks vary over the clip (standard deviation, root
            mean square over points), in face widths; None for photos.
        num_bytes: see `ClipRecord.num_bytes`.
        seconds: dict of stage to processor seconds.
    """

    identity: str
    clip: str
    split: str
    kind: str
    path: str
    read: int = 0
    kept: int = 0
    dropped: dict = dataclasses.field(default_factory=dict)
    error: str = None
    face_width: list = dataclasses.field(default_factory=list)
    motion: float = None
    num_bytes: int = 0
    seconds: dict = dataclasses.field(default_factory=dict)

    def drop(self, reason, count=1):
        """Counts frames that are left out."""
        if count:
            self.dropped[reason] = self.dropped.get(reason, 0) + int(count)
