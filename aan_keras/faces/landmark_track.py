"""Landmarks of one face through a clip, without its pixels."""

import dataclasses
import fractions
import pathlib
import tokenize
import zipfile
import zlib

import numpy as np

from aan_keras.faces.face_crop import FaceCrop
from aan_keras.faces.input_error import InputError
from aan_keras.faces.output_file import output_file

# What NumPy raises at files that are no archives or have wrong bytes in them.
_UNREADABLE = (
    AttributeError,
    EOFError,
    OSError,
    SyntaxError,
    ValueError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclasses.dataclass(frozen=True)
class LandmarkTrack:
    """The motion of one face: 68 landmarks a frame.

    The file format is a NumPy `.npz` archive without pickled objects:

    | key | dtype and shape | meaning |
    |---|---|---|
    | `landmarks` | float32 `[T, 68, 2]` | (x, y) in pixels of the clip's face crop |
    | `crop_size` | int | side of that crop in pixels |
    | `fps` | float | frames per second of the clip |
    | `frame_index` | int32 `[T]`, optional | place of each frame in the clip |
    | `dropped` | int32 `[D]`, optional | places of the frames that had no face |
    | `crop` | int32 `[3]`, optional | x, y, side of the crop in the clip's frames |

    Args:
        landmarks: `[T, 68, 2]`, pixel centres at integers.
        crop_size: side of the square crop that the landmarks are in.
        fps: frames per second.
        frame_index: increasing integers `[T]`; None: 0, 1, 2, ...
        dropped: places of the clip's frames that are left out, for want of a face.
        crop: `FaceCrop` in the clip, if there is a clip.
        name: what messages call it.

    Example:

    >>> track = LandmarkTrack.load("motion.npz")
    >>> track.landmarks.shape, track.dropped
    ((141, 68, 2), ())
    """

    landmarks: np.ndarray
    crop_size: int = 256
    fps: fractions.Fraction = fractions.Fraction(25)
    frame_index: np.ndarray = None
    dropped: tuple = ()
    crop: FaceCrop = None
    name: str = "the landmark track"

    def __post_init__(self):
        landmarks = np.asarray(self.landmarks)
        if landmarks.ndim != 3 or landmarks.shape[1:] != (68, 2):
            self._fail(
                f"has landmarks of shape {list(landmarks.shape)}: "
                "expected [frames, 68, 2]"
            )
        if not len(landmarks):
            self._fail("has no frames")
        if not np.issubdtype(landmarks.dtype, np.number):
            self._fail(f"has landmarks of type {landmarks.dtype}: expected float32")
        bad = np.flatnonzero(~np.isfinite(landmarks).all((1, 2)))
        if len(bad):
            self._fail(
                f"has landmarks that are not finite in {list_frames(bad)}: "
                "remove these frames or track the clip again"
            )
        index = self.frame_index
        index = np.arange(len(landmarks)) if index is None else np.asarray(index)
        if index.shape != (len(landmarks),) or (np.diff(index, prepend=-1) < 1).any():
            self._fail("has a frame_index that does not increase frame by frame")
        for name in ("fps", "crop_size"):
            if not 0 < float(getattr(self, name)) < 1e6:
                self._fail(
                    f"has {name} {getattr(self, name)}: expected a positive number"
                )
        fps = fractions.Fraction(self.fps).limit_denominator(1001)
        object.__setattr__(self, "landmarks", landmarks.astype("float32"))
        object.__setattr__(self, "frame_index", index.astype("int32"))
        object.__setattr__(self, "fps", fps)
        object.__setattr__(self, "dropped", tuple(int(place) for place in self.dropped))

    def __len__(self):
        return len(self.landmarks)

    def save(self, path):
        """Writes the `.npz` file described above."""
        arrays = {
            "landmarks": self.landmarks,
            "crop_size": np.int32(self.crop_size),
            "fps": np.float64(self.fps),
            "frame_index": self.frame_index,
            "dropped": np.array(self.dropped, "int32"),
        }
        if self.crop is not None:
            crop = (self.crop.x, self.crop.y, self.crop.side)
            arrays["crop"] = np.array(crop, "int32")
        with output_file(path) as beside, open(beside, "wb") as file:
            np.savez_compressed(file, **arrays)

    @classmethod
    def load(cls, path):
        """Reads a `.npz` file; what's wrong with it is an `InputError`."""
        path = pathlib.Path(path)
        if not path.is_file():
            raise InputError(f"cannot read {path}: no such file: check the path")
        arrays = _read_arrays(path)
        try:
            numbers = {
                "crop_size": int(arrays["crop_size"]),
                "fps": float(arrays["fps"]),
            }
        except (TypeError, ValueError, OverflowError):
            raise InputError(
                f"{path} is not a landmark track: crop_size and fps must be single "
                "numbers"
            ) from None
        crop = arrays.get("crop")
        if crop is not None and crop.shape != (3,):
            raise InputError(f"{path} is not a landmark track: crop must be x, y, side")
        return cls(
            arrays["landmarks"],
            **numbers,
            frame_index=arrays.get("frame_index"),
            dropped=arrays.get("dropped", ()),
            crop=None if crop is None else FaceCrop(*crop.tolist()),
            name=str(path),
        )

    def _fail(self, what):
        raise InputError(f"{self.name} {what}")


def _read_arrays(path):
    try:
        with open(path, "rb") as file:
            archive = np.load(file, allow_pickle=False)
            arrays = {key: archive[key] for key in archive.files}
    except _UNREADABLE:
        raise InputError(
            f"{path} is not a landmark track: use an .npz file with the arrays "
            "landmarks, crop_size and fps"
        ) from None
    missing = {"landmarks", "crop_size", "fps"} - set(arrays)
    if missing:
        raise InputError(
            f"{path} is not a landmark track: it lacks {', '.join(sorted(missing))}"
        )
    return arrays


def list_frames(indices):
    """Frame numbers as people write them: "frames 3, 7-9"."""
    indices = np.asarray(indices)
    if not len(indices):
        return "no frames"
    runs = np.split(indices, np.flatnonzero(np.diff(indices) != 1) + 1)
    parts = [f"{r[0]}" if len(r) == 1 else f"{r[0]}-{r[-1]}" for r in runs]
    if len(parts) > 8:
        parts = [*parts[:8], f"... ({len(indices)} in all)"]
    return f"frame{'s' if len(indices) > 1 else ''} {', '.join(parts)}"
