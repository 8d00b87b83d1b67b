"""Where four kinds of data set keep their clips, and who is kept for testing."""

import dataclasses
from pathlib import Path

from aan_keras.faces.input_error import InputError

VIDEO_SUFFIXES = (".mp4", ".mpg", ".mpeg", ".mov", ".avi", ".webm", ".mkv", ".m4v")
# The published test identities of VoxCeleb1.
_VOXCELEB_TEST = {f"id{number}" for number in range(10270, 10310)}


@dataclasses.dataclass(frozen=True)
class RawClip:
    """A clip as a data set ships it.

    Args:
        identity: name of the person.
        name: name of the clip, unique within the identity.
        path: `pathlib.Path` of the video file, or of the folder of frames.
        split: "train" or "test"; the same for all clips of an identity.
    """

    identity: str
    name: str
    path: Path
    split: str = "train"


def find_clips(layout, path):
    """Lists the clips of a data set; manipulated videos are never among them.

    Args:
        layout: "voxceleb", "faceforensics", "celebdf" or "folders".
        path: folder of the data set.

    Returns:
        List of `RawClip`, ordered by identity and name.

    Raises:
        ValueError: `layout` is unknown, the folder does not exist (`InputError`), or
            holds no clip of that layout (`InputError`).
    """
    if layout not in LAYOUTS:
        raise ValueError(
            f"`layout` must be one of {sorted(LAYOUTS)}. Received: {layout!r}"
        )
    path = Path(path)
    if not path.is_dir():
        raise InputError(f"there is no folder {path}: check --input")
    find, expected = LAYOUTS[layout]
    clips = sorted(find(path), key=lambda clip: (clip.identity, clip.name))
    if not clips:
        raise InputError(
            f"no clip in {path}: the layout {layout} has {expected}: check --input"
        )
    return clips


def _videos(path, pattern):
    files = path.glob(pattern)
    return [f for f in files if f.is_file() and f.suffix.lower() in VIDEO_SUFFIXES]


def _voxceleb(path):
    for file in _videos(path, "**/id*/*/*"):
        person, video = file.parts[-3], file.parts[-2]
        split = "test" if person in _VOXCELEB_TEST else "train"
        yield RawClip(person, f"{video}_{file.stem}", file, split)


def _faceforensics(path):
    # One recording at several compressions is one clip: the best is taken.
    seen = set()
    for quality in ("raw", "c23", "c40"):
        for file in _videos(path, f"original_sequences/youtube/{quality}/videos/*"):
            if file.stem not in seen:
                seen.add(file.stem)
                yield RawClip(f"youtube_{file.stem}", "v0", file)


def _celebdf(path):
    found = []
    for file in _videos(path, "Celeb-real/id*_*"):
        person, _, name = file.stem.partition("_")
        found.append(RawClip(person, name, file))
    for file in _videos(path, "YouTube-real/*"):
        found.append(RawClip(f"youtube_{file.stem}", "v0", file))
    listing = path / "List_of_testing_videos.txt"
    lines = listing.read_text().splitlines() if listing.is_file() else []
    names = {line.split()[-1] for line in lines if line.strip()}
    # The list names videos; nobody may be in both parts, so their people are meant.
    held = {c.identity for c in found if c.path.relative_to(path).as_posix() in names}
    for clip in found:
        split = "test" if clip.identity in held else "train"
        yield dataclasses.replace(clip, split=split)


def _folders(path):
    for entry in path.glob("*/*"):
        is_video = entry.is_file() and entry.suffix.lower() in VIDEO_SUFFIXES
        if is_video or entry.is_dir():
            name = entry.stem if is_video else entry.name
            yield RawClip(entry.parent.name, name, entry)


LAYOUTS = {
    "voxceleb": (_voxceleb, "id10xxx/<video>/<segment>.mp4"),
    "faceforensics": (
        _faceforensics,
        "original_sequences/youtube/<c23|c40|raw>/videos/*.mp4",
    ),
    "celebdf": (_celebdf, "Celeb-real/id*_*.mp4 and YouTube-real/*.mp4"),
    "folders": (_folders, "<identity>/<clip>.mp4 or <identity>/<clip>/<frames>"),
}
