import pytest

from aan_keras.preparation.layouts import RawClip
from aan_keras.preparation.work_folder import WorkFolder

from .drawn_clips import drawn_clip


@pytest.mark.parametrize("name", ["v0", "../..", "a/b\nc", "ü" * 200])
def test_whatever_the_clip_is_called(tmp_path, name):
    clip = RawClip("anna", name, tmp_path / "clip.mp4")
    record, statistics = drawn_clip(clip)
    folder = WorkFolder(tmp_path / "work")
    assert folder.statistics(clip) is None and not folder.has_record(clip)
    folder.save(clip, record, statistics)
    assert folder.statistics(clip) == statistics
    assert folder.record(clip).frames == record.frames
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert len(files) == 2 and all("work" in file.parts for file in files)
    folder.discard_record(clip)
    assert not folder.has_record(clip) and folder.statistics(clip) == statistics


def test_statistics_come_after_the_record(tmp_path, monkeypatch):
    clip = RawClip("anna", "v0", tmp_path / "clip.mp4")
    folder = WorkFolder(tmp_path / "work")

    def fail(*args, **kwargs):
        raise OSError

    monkeypatch.setattr("aan_keras.preparation.work_folder.json.dumps", fail)
    with pytest.raises(OSError):
        folder.save(clip, *drawn_clip(clip))
    assert folder.statistics(clip) is None
