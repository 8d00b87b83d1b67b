import shutil

import numpy as np
import pytest

from aan_keras.data import read_clips


def test_reads_all_clips_in_order(faces):
    clips = read_clips(faces)
    names = [f"{clip.identity}/{clip.name}" for clip in clips]
    assert names == sorted(names) and len(names) == 9
    assert [clip.is_photo_set for clip in clips] == ["/p" in name for name in names]
    assert all(clip.image_size == 128 for clip in clips)
    expected = np.load(faces / "ben/v0/landmarks.npy")
    np.testing.assert_array_equal(clips[names.index("ben/v0")].landmarks, expected)


def test_identities_are_selected_and_missing_ones_named(faces):
    clips = read_clips(faces, identities=["ben", "eve"])
    assert {clip.identity for clip in clips} == {"ben", "eve"}
    with pytest.raises(ValueError, match=r"Received: \['nobody'\]"):
        read_clips(faces, identities=["ben", "nobody"])


def test_broken_frames_are_named_counted_and_skipped(faces, tmp_path):
    folder = tmp_path / "anna/v0"
    shutil.copytree(faces / "anna/v0", folder)
    (folder / "0001.jpg").write_text("not a picture")
    (folder / "0003.jpg").write_bytes(b"")
    landmarks = np.load(folder / "landmarks.npy")
    landmarks[4, 10] = np.nan
    np.save(folder / "landmarks.npy", landmarks)
    with pytest.warns(UserWarning, match="Skipped 3 frames: .*0001.jpg: not a read"):
        (clip,) = read_clips(tmp_path)
    assert len(clip.frames) == 3
    np.testing.assert_array_equal(clip.landmarks, landmarks[[0, 2, 5]])


def test_wrong_number_of_landmarks(faces, tmp_path):
    shutil.copytree(faces / "anna/v0", tmp_path / "anna/v0")
    (tmp_path / "anna/v0/0005.jpg").unlink()
    with pytest.raises(ValueError, match=r"anna/v0.*Received: \(6, 68, 2\)"):
        read_clips(tmp_path)


@pytest.mark.parametrize("content", [b"", b"garbage", b"PK\x03\x04", b"cut off"])
def test_damaged_landmarks_are_named(faces, tmp_path, content):
    shutil.copytree(faces / "anna/v0", tmp_path / "anna/v0")
    file = tmp_path / "anna/v0/landmarks.npy"
    file.write_bytes(file.read_bytes()[:-9] if content == b"cut off" else content)
    with pytest.raises(ValueError, match="anna/v0: landmarks.npy is damaged"):
        read_clips(tmp_path)


def test_no_clips(tmp_path):
    with pytest.raises(ValueError, match="No clip of two or more frames.*Received"):
        read_clips(tmp_path)
    with pytest.raises(ValueError, match="does not exist. Received"):
        read_clips(tmp_path / "missing")
