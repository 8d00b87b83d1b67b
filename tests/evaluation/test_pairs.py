import json

import numpy as np
import pytest

from aan_keras.data import Clip
from aan_keras.evaluation.pairs import FrameKey, make_pairs, read_pairs, write_pairs
from aan_keras.faces import InputError


def clip(identity, name, frames):
    landmarks = np.zeros((frames, 68, 2), "float32")
    encoded = [f"{identity}{name}{i}".encode() for i in range(frames)]
    return Clip(identity, name, encoded, landmarks, 128, name.startswith("p"))


CLIPS = [
    clip("ben", "v0", 9),
    clip("anna", "v1", 4),
    clip("anna", "v0", 41),
    clip("cora", "p0", 5),
    clip("dan", "v0", 8),
]


def test_self_spreads_driving_frames_over_every_video():
    pairs = make_pairs(CLIPS, "self", frames=4)
    assert {(p.source.identity, p.source.clip) for p in pairs} == {
        ("anna", "v0"),
        ("anna", "v1"),
        ("ben", "v0"),
        ("dan", "v0"),
    }
    assert all(p.source.index == 0 for p in pairs)
    assert all(p.source.clip == p.driving.clip for p in pairs)
    by_clip = [p.driving.index for p in pairs if p.source.clip == "v1"]
    assert by_clip == [1, 2, 3]  # only three are there
    long = [p.driving.index for p in pairs if p.source == FrameKey("anna", "v0", 0)]
    assert long == [6, 16, 26, 36]


def test_cross_takes_videos_of_others():
    pairs = make_pairs(CLIPS, "cross", frames=2, drivers=2, seed=3)
    assert len(pairs) == 4 * 2 * 2
    assert all(p.source.identity != p.driving.identity for p in pairs)
    assert {p.source for p in pairs} == {
        FrameKey("anna", "v0", 0),
        FrameKey("ben", "v0", 0),
        FrameKey("cora", "p0", 0),  # a photo may be driven, but does not drive
        FrameKey("dan", "v0", 0),
    }
    assert "cora" not in {p.driving.identity for p in pairs}
    again = make_pairs(list(reversed(CLIPS)), "cross", frames=2, drivers=2, seed=3)
    assert again == pairs
    others = [make_pairs(CLIPS, "cross", 2, 1, seed=s) for s in range(4)]
    assert any(other != others[0] for other in others)


def test_photos_stand_in_where_there_are_no_videos():
    photos = [clip("anna", "p0", 3), clip("ben", "p0", 3)]
    assert len(make_pairs(photos, "self", frames=9)) == 4
    assert len(make_pairs(photos, "cross", frames=9, drivers=9)) == 6


def test_cross_needs_two_people():
    with pytest.raises(InputError, match="need two people"):
        make_pairs(CLIPS[:1], "cross")


@pytest.mark.parametrize(
    "arguments", [("both",), ("self", 0), ("cross", 4, 0)], ids=str
)
def test_wrong_arguments(arguments):
    with pytest.raises(ValueError, match="Received: "):
        make_pairs(CLIPS, *arguments)


def test_list_is_repeatable(tmp_path):
    pairs = make_pairs(CLIPS, "cross", frames=2)
    path = tmp_path / "pairs.json"
    write_pairs(path, "cross", pairs, CLIPS)
    assert read_pairs(path, CLIPS) == ("cross", pairs)
    first = path.read_bytes()
    write_pairs(path, "cross", pairs, CLIPS)
    assert path.read_bytes() == first


def test_other_pictures_are_refused(tmp_path):
    path = tmp_path / "pairs.json"
    write_pairs(path, "self", make_pairs(CLIPS, "self"), CLIPS)
    changed = [clip("anna", "v0", 41), *CLIPS[:2], *CLIPS[3:]]
    read_pairs(path, changed)
    changed[0].frames[0] = b"another picture"
    with pytest.raises(InputError, match="other pictures or landmarks"):
        read_pairs(path, changed)
    with pytest.raises(InputError, match="the data lack frame anna/v0/0"):
        read_pairs(path, CLIPS[:2])


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"protocol": "self", "frames_sha256": "", "pairs": []}'],
)
def test_other_files_are_one_clear_line(tmp_path, content):
    path = tmp_path / "pairs.json"
    path.write_text(content)
    with pytest.raises(InputError, match=r"cannot read pairs from .*pairs\.json"):
        read_pairs(path, CLIPS)


def test_file_is_plain(tmp_path):
    path = tmp_path / "pairs.json"
    write_pairs(path, "self", make_pairs(CLIPS, "self", 1)[:1], CLIPS)
    (row,) = json.loads(path.read_text())["pairs"]
    assert row["source"] == {"identity": "anna", "clip": "v0", "index": 0}
