"""Which frame shall be driven by which: fixed lists, written beside the result."""

import dataclasses
import hashlib
import json
import pathlib

import numpy as np

from aan_keras.faces.input_error import InputError
from aan_keras.faces.output_file import output_file

PROTOCOLS = ("self", "cross")


@dataclasses.dataclass(frozen=True, order=True)
class FrameKey:
    """One frame of the data.

    Args:
        identity: name of the person.
        clip: name of the clip.
        index: place among the clip's usable frames.
    """

    identity: str
    clip: str
    index: int

    def __str__(self):
        return f"{self.identity}/{self.clip}/{self.index}"


@dataclasses.dataclass(frozen=True)
class Pair:
    """A source frame and the frame that drives it."""

    source: FrameKey
    driving: FrameKey


def make_pairs(clips, protocol, frames=16, drivers=2, seed=0):
    """Pairs by the paper's two settings.

    `"self"`: the first frame of each video is driven by others of the same video.
    `"cross"`: the first frame of each identity (of a video, else of a photo set) is
    driven by videos of `drivers` other identities. Driving frames are spread evenly
    over the video, so that still and moving moments count as often as they occur.
    Photo sets are not driven by: where there are no videos at all, they stand in.

    Args:
        clips: list of `aan_keras.data.Clip`.
        protocol: `"self"` or `"cross"`.
        frames: driving frames of each video.
        drivers: other identities that drive each source.
        seed: decides which those are.

    Returns:
        List of `Pair`.
    """
    if protocol not in PROTOCOLS:
        raise ValueError(f"`protocol` must be one of {PROTOCOLS}. Received: {protocol}")
    if frames < 1 or drivers < 1:
        raise ValueError(
            "`frames` and `drivers` must be positive. "
            f"Received: frames={frames}, drivers={drivers}"
        )
    clips = sorted(clips, key=lambda clip: (clip.identity, clip.name))
    videos = [clip for clip in clips if not clip.is_photo_set] or clips
    pairs = []
    if protocol == "self":
        for clip in videos:
            source = FrameKey(clip.identity, clip.name, 0)
            rest = _spread(1, len(clip.frames) - 1, frames)
            pairs += [Pair(source, _key(clip, index)) for index in rest]
        return pairs
    driving = _first_clips(videos)
    for number, clip in enumerate(_first_clips(clips).values()):
        others = [other for name, other in driving.items() if name != clip.identity]
        order = np.random.default_rng((seed, number)).permutation(len(others))
        for chosen in sorted(order[:drivers]):
            other = others[chosen]
            indices = _spread(0, len(other.frames), frames)
            pairs += [Pair(_key(clip, 0), _key(other, index)) for index in indices]
    if not pairs:
        raise InputError(
            f"cross pairs need two people, and the data have {len(driving)}: "
            "add people or take --protocol self"
        )
    return pairs


def write_pairs(path, protocol, pairs, clips):
    """Writes pairs as JSON, with a SHA-256 of the frames and landmarks they name."""
    rows = [
        {
            "source": dataclasses.asdict(p.source),
            "driving": dataclasses.asdict(p.driving),
        }
        for p in pairs
    ]
    content = {
        "protocol": protocol,
        "frames_sha256": frames_digest(pairs, clips),
        "pairs": rows,
    }
    with output_file(path) as beside:
        beside.write_text(json.dumps(content, indent=1) + "\n")
    return content


def read_pairs(path, clips):
    """Reads a list that `write_pairs` wrote, and checks it against the data.

    Args:
        path: the JSON file.
        clips: list of `aan_keras.data.Clip` that the pairs must be in.

    Returns:
        `(protocol, pairs)`.
    """
    path = pathlib.Path(path)
    try:
        content = json.loads(path.read_text())
        protocol, digest = content["protocol"], content["frames_sha256"]
        pairs = [
            Pair(FrameKey(**row["source"]), FrameKey(**row["driving"]))
            for row in content["pairs"]
        ]
        if protocol not in PROTOCOLS or not pairs:
            raise ValueError("nothing to evaluate")
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(
            f"cannot read pairs from {path}: give a pairs.json of an evaluation"
        ) from None
    known = {(clip.identity, clip.name): len(clip.frames) for clip in clips}
    for key in _keys(pairs):
        if not 0 <= key.index < known.get((key.identity, key.clip), 0):
            raise InputError(
                f"the data lack frame {key} of {path}: give the data that the pairs "
                "were made of"
            )
    if frames_digest(pairs, clips) != digest:
        raise InputError(
            f"the data have other pictures or landmarks than {path} was made of: give "
            "those data, or make new pairs"
        )
    return protocol, pairs


def frames_digest(pairs, clips):
    """SHA-256 of the encoded frames and landmarks that the pairs name."""
    by_name = {(clip.identity, clip.name): clip for clip in clips}
    digest = hashlib.sha256()
    for key in _keys(pairs):
        clip = by_name[key.identity, key.clip]
        digest.update(f"{key}\n".encode())
        digest.update(clip.frames[key.index])
        digest.update(np.ascontiguousarray(clip.landmarks[key.index], "<f4").tobytes())
    return digest.hexdigest()


def _keys(pairs):
    return sorted({key for pair in pairs for key in (pair.source, pair.driving)})


def _first_clips(clips):
    """The first clip of each identity, videos before photo sets."""
    first = {}
    for clip in sorted(clips, key=lambda clip: (clip.is_photo_set, clip.name)):
        first.setdefault(clip.identity, clip)
    return dict(sorted(first.items()))


def _key(clip, index):
    return FrameKey(clip.identity, clip.name, index)


def _spread(first, count, wanted):
    """At most `wanted` of `count` indices from `first` on, evenly spread."""
    wanted = min(wanted, count)
    return [first + int((2 * k + 1) * count // (2 * wanted)) for k in range(wanted)]
