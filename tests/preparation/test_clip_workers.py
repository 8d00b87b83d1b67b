import os
import signal
import sys

import pytest

from aan_keras.preparation import clip_workers
from aan_keras.preparation.clip_options import ClipOptions
from aan_keras.preparation.layouts import RawClip
from aan_keras.preparation.work_folder import WorkFolder
from tests.preparation.drawn_clips import drawn_clip, no_landmarker

OPTIONS = ClipOptions(image_size=64)


def dangerous_clip(raw_clip, options, landmarker):
    """As `drawn_clip`; some names take the process down, as a decoder might."""
    if "fatal" in raw_clip.name:
        os.kill(os.getpid(), signal.SIGSEGV)
    return drawn_clip(raw_clip)


def work_without_tensorflow(connection, options, folder):
    """What a worker process runs, with `dangerous_clip` in place of real work."""
    assert not {"tensorflow", "keras"} & set(sys.modules)
    clip_workers.prepare_clip = dangerous_clip
    clip_workers.DlibLandmarker = no_landmarker
    clip_workers._work(connection, options, folder)


def clips(tmp_path, *names):
    return [RawClip("anna", name, tmp_path / f"{name}.mp4") for name in names]


def test_results_and_failures_are_saved(tmp_path, monkeypatch):
    monkeypatch.setattr(clip_workers, "prepare_clip", drawn_clip)
    monkeypatch.setattr(clip_workers, "DlibLandmarker", no_landmarker)
    todo = clips(tmp_path, "v0", "broken", "empty", "v1")
    folder = WorkFolder(tmp_path / "work")
    done = list(clip_workers.run_workers(todo, OPTIONS, folder, workers=0))
    assert done == todo
    errors = [folder.statistics(clip).error for clip in todo]
    broken = f"{tmp_path / 'broken.mp4'} is cut off"
    assert errors == [None, broken, "0 of 5 frames are usable", None]
    assert [folder.has_record(clip) for clip in todo] == [True, False, False, True]


def test_processes_survive_a_crash_and_load_no_tensorflow(tmp_path, monkeypatch):
    monkeypatch.setattr(clip_workers, "_work", work_without_tensorflow)
    todo = clips(tmp_path, "v0", "fatal", "v1", "broken")
    folder = WorkFolder(tmp_path / "work")
    done = list(clip_workers.run_workers(todo, OPTIONS, folder, workers=2))
    assert sorted(clip.name for clip in done) == ["broken", "fatal", "v0", "v1"]
    error = folder.statistics(todo[1]).error
    assert error == "its decoder crashed twice (exit code -11)"
    for clip in (todo[0], todo[2]):
        assert folder.record(clip).frames == drawn_clip(clip)[0].frames


def fail_at_once(connection, options, folder):
    raise SystemExit(3)


def report_full_disk(connection, options, folder):
    connection.send(None)
    connection.recv()
    connection.send(OSError(28, "No space left on device", "shards"))


@pytest.mark.parametrize(
    ("work", "error", "message"),
    [
        (fail_at_once, RuntimeError, "cannot start"),
        (report_full_disk, OSError, "No space left"),
    ],
)
def test_what_is_not_a_clips_fault_ends_the_run(
    tmp_path, monkeypatch, work, error, message
):
    monkeypatch.setattr(clip_workers, "_work", work)
    todo = clips(tmp_path, "v0", "v1")
    with pytest.raises(error, match=message):
        list(clip_workers.run_workers(todo, OPTIONS, WorkFolder(tmp_path / "w"), 1))
    assert not (tmp_path / "w").exists()
