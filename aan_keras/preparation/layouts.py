"""Where four kinds of data set keep their clips, and who is kept for testing."""

import collections
import dataclasses
import json
from pathlib import Path

from aan_keras.faces.input_error import InputError
from aan_keras.faces.photo import PHOTO_SUFFIXES

VIDEO_SUFFIXES = (".mp4", ".mpg", ".mpeg", ".mov", ".avi", ".webm", ".mkv", ".m4v")
# The published test identities of VoxCeleb1.
_VOXCELEB_TEST = {f"id{number}" for number in range(10270, 10310)}
_CELEBDF_LIST = "List_of_testing_videos.txt"
_FACEFORENSICS_LISTS = ("test.json", "splits/test.json", "dataset/splits/test.json")


@dataclasses.dataclass(frozen=True)
class RawClip:
    """A clip as a data set ships it.

    Args:
        identity: name of the person.
        name: name of the clip, unique within the identity.
        path: `pathlib.Path` of the video file, or of the folder of frames or photos.
        split: "train" or "test"; the same for all clips of an identity.
        kind: "video", "frames" (a folder, one moment of one video each, in the order
            of their names) or "photos" (a folder of unrelated photos of a person).
    """

    identity: str
    name: str
    path: Path
    split: str = "train"
    kind: str = "video"


def find_clips(layout, path):
    """Lists the clips of a data set; manipulated videos are never among them.

    Args:
        layout: "voxceleb", "faceforensics", "celebdf" or "folders".
        path: folder of the data set.

    Returns:
        List of `RawClip`, ordered by identity and name. Everybody is in "train" but
        the 40 published test identities of VoxCeleb1, the people of Celeb-DF's
        `List_of_testing_videos.txt` (with all their videos, and these are most of
        `Celeb-real`), and the recordings of FaceForensics++'s `splits/test.json`
        where that file lies in the folder.

    Raises:
        ValueError: `layout` is unknown, or (`InputError`) the folder does not exist,
            holds no clip of that layout, lacks Celeb-DF's list, or has two clips of
            one name.
    """
    if layout not in LAYOUTS:
        raise ValueError(
            f"`layout` must be one of {sorted(LAYOUTS)}. Received: {layout!r}"
        )
    path = Path(path)
    if not path.is_dir():
        raise InputError(f"there is no folder {path}: check --input")
    find, expected = LAYOUTS[layout]
    clips = _with_unique_names(list(find(path)))
    if not clips:
        raise InputError(
            f"no clip in {path}: the layout {layout} has {expected}: check --input"
        )
    return sorted(clips, key=lambda clip: (clip.identity, clip.name))


def _with_unique_names(clips):
    """`a.mp4` and `a.avi` of one person are two clips: they keep their suffixes."""
    count = collections.Counter((clip.identity, clip.name) for clip in clips)
    clips = [
        dataclasses.replace(clip, name=clip.name + clip.path.suffix)
        if count[clip.identity, clip.name] > 1 and clip.kind == "video"
        else clip
        for clip in clips
    ]
    places = {}
    for clip in clips:
        other = places.setdefault((clip.identity, clip.name), clip.path)
        if other is not clip.path:
            raise InputError(
                f"{other} and {clip.path} are both clip {clip.name} of "
                f"{clip.identity}: rename one of them"
            )
    return clips


def _videos(path, pattern):
    files = path.glob(pattern)
    return [f for f in files if f.is_file() and f.suffix.lower() in VIDEO_SUFFIXES]


def _has_photos(folder):
    return any(f.suffix.lower() in PHOTO_SUFFIXES for f in folder.iterdir())


def _voxceleb(path):
    for file in _videos(path, "**/id*/*/*"):
        person, video = file.parts[-3], file.parts[-2]
        split = "test" if person in _VOXCELEB_TEST else "train"
        yield RawClip(person, f"{video}_{file.stem}", file, split)


def _faceforensics(path):
    held = set()
    for name in _FACEFORENSICS_LISTS:
        if (path / name).is_file():
            try:
                # Pairs of recordings whose faces were exchanged.
                held.update(*json.loads((path / name).read_text()))
            except (ValueError, TypeError):
                raise InputError(
                    f"{path / name} is not FaceForensics++'s list of test pairs: "
                    "download it again"
                ) from None
            break
    # One recording at several compressions is one clip: the best is taken.
    seen = set()
    for quality in ("raw", "c23", "c40"):
        for file in _videos(path, f"original_sequences/youtube/{quality}/videos/*"):
            if file.stem not in seen:
                seen.add(file.stem)
                split = "test" if file.stem in held else "train"
                yield RawClip(f"youtube_{file.stem}", "v0", file, split)


def _celebdf(path):
    found = []
    for file in _videos(path, "Celeb-real/id*_*"):
        person, _, name = file.stem.partition("_")
        found.append(RawClip(person, name, file))
    for file in _videos(path, "YouTube-real/*"):
        found.append(RawClip(f"youtube_{file.stem}", "v0", file))
    listing = path / _CELEBDF_LIST
    if found and not listing.is_file():
        raise InputError(
            f"{path} lacks {_CELEBDF_LIST}, without which test videos would be "
            "trained on: copy it there from the data set"
        )
    lines = listing.read_text().splitlines() if found else []
    names = {line.split()[-1] for line in lines if line.strip()}
    # The list names videos; nobody may be in both parts, so their people are meant.
    held = {c.identity for c in found if c.path.relative_to(path).as_posix() in names}
    for clip in found:
        split = "test" if clip.identity in held else "train"
        yield dataclasses.replace(clip, split=split)


def _folders(path):
    from aan_keras.data.clips import PHOTO_SET

    for person in sorted(f for f in path.iterdir() if f.is_dir()):
        names = set()
        for entry in sorted(person.iterdir()):
            if entry.is_file() and entry.suffix.lower() in VIDEO_SUFFIXES:
                yield RawClip(person.name, entry.stem, entry)
                names.add(entry.stem)
            elif entry.is_dir() and _has_photos(entry):
                kind = "photos" if PHOTO_SET.match(entry.name) else "frames"
                yield RawClip(person.name, entry.name, entry, kind=kind)
                names.add(entry.name)
        if _has_photos(person):
            number = next(i for i in range(len(names) + 1) if f"p{i}" not in names)
            yield RawClip(person.name, f"p{number}", person, kind="photos")


LAYOUTS = {
    "voxceleb": (_voxceleb, "id10xxx/<video>/<segment>.mp4"),
    "faceforensics": (
        _faceforensics,
        "original_sequences/youtube/<c23|c40|raw>/videos/*.mp4",
    ),
    "celebdf": (_celebdf, "Celeb-real/id*_*.mp4 and YouTube-real/*.mp4"),
    "folders": (
        _folders,
        "<identity>/<clip>.mp4, <identity>/<clip>/<frames>, or photos in <identity>/ "
        "or <identity>/p0/",
    ),
}
