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


def test_folders(tmp_path):
    names = ["anna/a.webm", "anna/b/0000.jpg", "ben/notes.txt"]
    assert [f[:2] for f in find("folders", tmp_path, *names)] == [
        ("anna", "a"),
        ("anna", "b"),
    ]


def test_bad_input(tmp_path):
    with pytest.raises(ValueError, match="Received: 'vox'"):
        find_clips("vox", tmp_path)
    with pytest.raises(ValueError, match="there is no folder"):
        find_clips("folders", tmp_path / "nowhere")
    with pytest.raises(ValueError, match="no clip in"):
        find_clips("folders", tmp_path)
