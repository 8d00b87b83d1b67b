"""Reading of frame folders: `<identity>/<clip>/*.jpg` and `landmarks.npy`."""

import dataclasses
import re
import warnings
import zipfile
from pathlib import Path

import cv2
import numpy as np

FRAME_SUFFIXES = (".jpg", ".jpeg", ".png")
PHOTO_SET = re.compile(r"p\d+$")
ANIMATED = re.compile(r"animated\d+$")


@dataclasses.dataclass
class Clip:
    """The frames of one video clip, or one person's set of photos.

    Args:
        identity: name of the person.
        name: name of the clip.
        frames: list of encoded images (bytes), all square and of one size.
        landmarks: float32 array `[frames, 68, 2]`, (x, y) in pixels of the frames.
        image_size: side of the frames in pixels.
        is_photo_set: the frames are unrelated photos, not moments of one video.

    A clip called `animated0`, `animated1` ... is one photo and what a model made of it,
    see `aan_keras.animate_photos`: only its first frame is real.
    """

    identity: str
    name: str
    frames: list
    landmarks: np.ndarray
    image_size: int
    is_photo_set: bool

    @property
    def is_animated(self):
        """Whether all frames but the first were made by a model."""
        return ANIMATED.match(self.name) is not None


def decode_frame(encoded):
    """Decodes an image file's bytes to uint8 RGB `[h, w, 3]`, or returns None."""
    buffer = np.frombuffer(encoded, np.uint8)
    if not buffer.size:
        return None
    image = cv2.imdecode(buffer, cv2.IMREAD_COLOR)
    return None if image is None else cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def has_animated_photos(path):
    """Whether a folder of `<identity>/<clip>` has animated photos (see `Clip`)."""
    return any(ANIMATED.match(folder.name) for folder in Path(path).glob("*/animated*"))


def read_clip(folder):
    """Reads one clip folder.

    Returns:
        The `Clip`, or None when fewer than two frames are usable or an animated photo
        lacks the photo, and a list of "file: reason" strings, one for every frame that
        was left out.

    Raises:
        ValueError: `landmarks.npy` is damaged, or of another number of frames.
    """
    folder = Path(folder)
    files = sorted(f for f in folder.iterdir() if f.suffix.lower() in FRAME_SUFFIXES)
    try:
        landmarks = np.load(folder / "landmarks.npy", allow_pickle=False)
    except (EOFError, ValueError, zipfile.BadZipFile):
        raise ValueError(
            f"{folder}: landmarks.npy is damaged: write it again, or delete the folder"
        ) from None
    if landmarks.shape != (len(files), 68, 2):
        raise ValueError(
            f"{folder}: landmarks.npy must have the shape ({len(files)}, 68, 2), one "
            f"row of 68 points for each frame. Received: {landmarks.shape}"
        )
    frames, kept, skipped, size = [], [], [], None
    for i, file in enumerate(files):
        encoded = file.read_bytes()
        image = decode_frame(encoded)
        if image is None:
            skipped.append(f"{file}: not a readable image")
        elif not np.isfinite(landmarks[i]).all():
            skipped.append(f"{file}: landmarks are not finite")
        elif image.shape[0] != image.shape[1] or size not in (None, image.shape[0]):
            skipped.append(f"{file}: not square, or not of the clip's size")
        else:
            size = image.shape[0]
            frames.append(encoded)
            kept.append(i)
    is_animated = ANIMATED.match(folder.name) is not None
    if len(frames) < 2 or (is_animated and kept[0] != 0):
        return None, skipped
    clip = Clip(
        identity=folder.parent.name,
        name=folder.name,
        frames=frames,
        landmarks=np.asarray(landmarks[kept], "float32"),
        image_size=size,
        is_photo_set=PHOTO_SET.match(folder.name) is not None,
    )
    return clip, skipped


def read_clips(path, identities=None, animated=False):
    """Reads all clips under `path` into memory, the images still encoded.

    Unreadable frames are left out, named and counted in one warning.

    Args:
        path: folder with `<identity>/<clip>/` folders of images and a
            `landmarks.npy` of shape `[frames, 68, 2]`. A clip called `p0`, `p1` ...
            is a set of photos, any other a video.
        identities: names to read. Defaults to all.
        animated: read animated photos too (see `Clip`).

    Returns:
        List of `Clip`, ordered by identity and name.
    """
    path = Path(path)
    if not path.is_dir():
        raise ValueError(f"The data folder does not exist. Received: {path}")
    if identities is not None:
        missing = sorted(i for i in identities if not (path / i).is_dir())
        if missing:
            raise ValueError(
                f"{path} lacks {len(missing)} of the identities. Received: {missing}"
            )
        identities = set(identities)
    clips, skipped = [], []
    for file in sorted(path.glob("*/*/landmarks.npy")):
        if identities is not None and file.parent.parent.name not in identities:
            continue
        if ANIMATED.match(file.parent.name) and not animated:
            continue
        clip, bad_frames = read_clip(file.parent)
        skipped += bad_frames
        if clip is not None:
            clips.append(clip)
    if skipped:
        shown = "; ".join(skipped[:5]) + ("; ..." if len(skipped) > 5 else "")
        warnings.warn(f"Skipped {len(skipped)} frames: {shown}", stacklevel=2)
    if not clips:
        raise ValueError(
            f"No clip of two or more frames. Expected <identity>/<clip>/*.jpg and "
            f"landmarks.npy. Received: {path}"
        )
    return clips
