import json

import pytest

from aan_keras.preparation.layouts import find_clips


def find(layout, path, *names):
    for name in names:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).touch()
    return [(c.identity, c.name, c.split) for c in find_clips(layout, path)]


def test_voxceleb_keeps_the_published_test_identities(tmp_path):
    names = [f"id{n}/vid/00001.mp4" for n in (10269, 10270, 10309, 10310)]
    splits = [split for *_, split in find("voxceleb", tmp_path, *names)]
    assert splits == ["train", "test", "test", "train"]


def test_faceforensics_takes_the_best_original_only(tmp_path):
    root = "original_sequences/youtube"
    names = [f"{root}/c40/videos/000.mp4", f"{root}/c23/videos/000.mp4"]
    fake = "manipulated_sequences/Deepfakes/c23/videos/000_003.mp4"
    assert find("faceforensics", tmp_path, *names, fake) == [
        ("youtube_000", "v0", "train")
    ]
    assert "c23" in find_clips("faceforensics", tmp_path)[0].path.parts


def test_faceforensics_holds_out_the_published_pairs(tmp_path):
    root = "original_sequences/youtube/c23/videos"
    (tmp_path / "splits").mkdir()
    listing = tmp_path / "splits/test.json"
    listing.write_text(json.dumps([["953", "974"], ["012", "026"]]))
    names = [f"{root}/{number}.mp4" for number in ("000", "026", "953")]
    assert [split for *_, split in find("faceforensics", tmp_path, *names)] == [
        "train",
        "test",
        "test",
    ]
    listing.write_text("<html>")
    with pytest.raises(ValueError, match="test.json is not FaceForensics"):
        find_clips("faceforensics", tmp_path)


def test_celebdf_holds_out_the_people_of_the_list(tmp_path):
    (tmp_path / "List_of_testing_videos.txt").write_text("1 Celeb-real/id0_0001.mp4\n")
    names = ["Celeb-real/id0_0000.mp4", "Celeb-real/id0_0001.mp4"]
    names += ["Celeb-real/id1_0000.mp4", "YouTube-real/00000.mp4"]
    assert find("celebdf", tmp_path, *names, "Celeb-synthesis/id0_id1_0000.mp4") == [
        ("id0", "0000", "test"),
        ("id0", "0001", "test"),
        ("id1", "0000", "train"),
        ("youtube_00000", "v0", "train"),
    ]


def test_celebdf_without_its_list_is_refused(tmp_path):
    with pytest.raises(ValueError, match="lacks List_of_testing_videos.txt"):
        find("celebdf", tmp_path, "YouTube-real/00000.mp4")


def test_folders(tmp_path):
    names = ["anna/a.webm", "anna/b/0000.jpg", "anna/p1/0000.jpg", "anna/empty/x.txt"]
    names += ["ben/notes.txt", "cora/one.png", "cora/two.JPG", "cora/p0/0.jpg"]
    find("folders", tmp_path, *names)
    found = [(c.identity, c.name, c.kind) for c in find_clips("folders", tmp_path)]
    assert found == [
        ("anna", "a", "video"),
        ("anna", "b", "frames"),
        ("anna", "p1", "photos"),
        ("cora", "p0", "photos"),
        ("cora", "p1", "photos"),
    ]
    assert find_clips("folders", tmp_path)[-1].path == tmp_path / "cora"


def test_clips_of_one_name_keep_their_suffix(tmp_path):
    names = ["anna/a.mp4", "anna/a.avi", "anna/a/0.jpg", "anna/b.mp4", "ben/a.mp4"]
    assert [f[:2] for f in find("folders", tmp_path, *names)] == [
        ("anna", "a"),
        ("anna", "a.avi"),
        ("anna", "a.mp4"),
        ("anna", "b"),
        ("ben", "a"),
    ]
    with pytest.raises(ValueError, match="are both clip 1_2.mp4 of id1: rename"):
        find("voxceleb", tmp_path, "dev/id1/1/2.mp4", "copy/id1/1/2.mp4")


def test_bad_input(tmp_path):
    with pytest.raises(ValueError, match="Received: 'vox'"):
        find_clips("vox", tmp_path)
    with pytest.raises(ValueError, match="there is no folder"):
        find_clips("folders", tmp_path / "nowhere")
    with pytest.raises(ValueError, match="no clip in"):
        find_clips("folders", tmp_path)
