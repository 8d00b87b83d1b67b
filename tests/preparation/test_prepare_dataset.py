import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aan_keras.data import load_dataset, open_clips
from aan_keras.data.shard_index import index_path
from aan_keras.faces import output_file as output_file_module
from aan_keras.preparation import clip_workers
from aan_keras.preparation.clip_options import ClipOptions
from aan_keras.preparation.layouts import RawClip
from aan_keras.preparation.prepare_dataset import prepare_dataset

from .drawn_clips import drawn_clip, make_raw_folder, no_landmarker

ROOT = Path(__file__).resolve().parents[2]
OPTIONS = ClipOptions(image_size=64)
NAMES = ["anna/a.mp4", "anna/b.mp4", "ben/p0/", "ben/v.mp4", "cora/broken.mp4"]
NAMES += ["cora/v.mp4", "dan/empty.mp4", "dan/v.mp4"]
# Two or three of the drawn clips.
SHARD_BYTES = 12_000


@pytest.fixture
def drawn(monkeypatch):
    monkeypatch.setattr(clip_workers, "prepare_clip", drawn_clip)
    monkeypatch.setattr(clip_workers, "DlibLandmarker", no_landmarker)


@pytest.fixture
def raw(tmp_path):
    return make_raw_folder(tmp_path / "raw", NAMES)


def prepare(raw, output, options=OPTIONS, **arguments):
    arguments = {"workers": 0, "shard_bytes": SHARD_BYTES, **arguments}
    return prepare_dataset("folders", raw, output, options, **arguments)


def contents(output):
    """SHA-256 of every file of a folder."""
    return {
        file.relative_to(output).as_posix(): hashlib.sha256(
            file.read_bytes()
        ).hexdigest()
        for file in sorted(output.rglob("*"))
        if file.is_file()
    }


def test_all_clips_are_in_the_shards_once(drawn, raw, tmp_path):
    lines = []
    content = prepare(raw, tmp_path / "out", report=lines.append)
    assert lines == [
        "left out cora/broken.mp4: is cut off",
        "left out dan/empty.mp4: 0 of 5 frames are usable",
    ]
    train = content["splits"]["train"]
    assert list(content["splits"]) == ["train"]
    assert train["clips"] == 6 and len(train["shards"]) > 2
    assert train["identities"]["ben"] == {"videos": 1, "photo_sets": 1}
    assert content["skipped_clips"][0] == {
        "clip": "cora/broken.mp4",
        "reason": "is cut off",
    }
    assert content["frames"]["dropped"] == {"blur": 6, "no face": 5}
    assert content["frames"]["read"] == content["frames"]["kept"] + 11
    assert content["image_size"] == 64 and content["versions"]["numpy"]

    clips = open_clips(tmp_path / "out")
    expected = [name for name in NAMES if "broken" not in name and "empty" not in name]
    assert [f"{c.identity}/{c.name}" for c in clips] == [
        name.rstrip("/").removesuffix(".mp4") for name in expected
    ]
    for clip in clips:
        kind = "photos" if clip.is_photo_set else "video"
        record, _ = drawn_clip(RawClip(clip.identity, clip.name, raw, kind=kind))
        assert list(clip.frames) == record.frames
        assert clip.landmarks.tobytes() == record.landmarks.tobytes()
    batch = next(iter(load_dataset(tmp_path / "out", image_size=64, batch_size=2)))
    assert batch["source"].shape == (2, 64, 64, 3)
    names = set(contents(tmp_path / "out"))
    assert {name.partition(".")[2] for name in names} == {
        "json",
        "html",
        "tfrecord",
        "index.npz",
    }


def test_order_of_finishing_does_not_matter(drawn, raw, tmp_path, monkeypatch):
    prepare(raw, tmp_path / "first")
    run = clip_workers.run_workers

    def backwards(clips, *arguments):
        return run(clips[::-1], *arguments)

    monkeypatch.setattr("aan_keras.preparation.prepare_dataset.run_workers", backwards)
    prepare(raw, tmp_path / "second")
    assert contents(tmp_path / "second") == contents(tmp_path / "first")


class Killed(BaseException):
    pass


def test_dying_at_any_file_changes_nothing(drawn, raw, tmp_path, monkeypatch):
    """Before and after each file gets its name, and in the midst of each deletion."""
    prepare(raw, tmp_path / "whole")
    expected = contents(tmp_path / "whole")
    replace, unlink = os.replace, Path.unlink
    deaths = left = 0

    def step():
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed

    def dying_replace(source, target):
        step()
        replace(source, target)
        step()

    def dying_unlink(path, missing_ok=False):
        unlink(path, missing_ok=missing_ok)
        if not path.name.startswith("."):
            step()

    for number in range(0, 300, 3):
        left = number
        output = tmp_path / f"run{number}"
        with monkeypatch.context() as patch:
            patch.setattr(output_file_module.os, "replace", dying_replace)
            patch.setattr(Path, "unlink", dying_unlink)
            try:
                prepare(raw, output)
            except Killed:
                deaths += 1
        # What a real kill leaves, too: files that were never renamed.
        begun = (output / "unfinished/run.json").exists()
        if begun and not (output / "dataset.json").exists():
            (output / ".train-00000.1.tfrecord").write_text("half")
        prepare(raw, output)
        assert contents(output) == expected, number
        if left >= 0:
            break
    assert deaths > 15


def stop_at_the_end(iterable, total, what):
    yield from iterable
    raise Killed


@pytest.mark.parametrize("place", ["elsewhere/../raw", "two  spaces/raw"])
def test_the_data_set_may_be_called_otherwise(drawn, tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    raw = make_raw_folder(Path(place), ["anna/a.mp4", "cora/broken.mp4"])
    with pytest.raises(Killed):
        prepare(raw, "out", progress=stop_at_the_end)
    raw.rename("moved")
    moved, lines = tmp_path / "moved", []
    prepare(moved, "out", report=lines.append)
    assert lines == ["left out cora/broken.mp4: is cut off"]
    prepare(moved, "whole")
    assert contents(Path("out")) == contents(Path("whole"))


def test_names_that_are_not_utf8(drawn, tmp_path):
    name = os.fsdecode("José".encode("latin-1"))
    try:
        raw = make_raw_folder(
            tmp_path / "raw", [f"{name}/{name}.mp4", f"{name}/broken.mp4", "Zoë/a.mp4"]
        )
    except OSError:
        pytest.skip("this file system has UTF-8 names only")
    lines = []
    content = prepare(raw, tmp_path / "out", report=lines.append)
    assert lines == ["left out Jos\\udce9/broken.mp4: is cut off"]
    assert content["skipped_clips"][0]["clip"] == f"{name}/broken.mp4"
    assert prepare(raw, tmp_path / "out") == content
    clips = open_clips(tmp_path / "out")
    found = [(clip.identity, clip.name) for clip in clips]
    assert found == [(name, name), ("Zoë", "a")]
    index_path(tmp_path / "out/train-00000.tfrecord").unlink()
    clips = open_clips(tmp_path / "out", [name])
    assert [(clip.identity, clip.name) for clip in clips] == [(name, name)]
    text = (tmp_path / "out/dataset.json").read_text(encoding="utf-8")
    assert '"Zoë"' in text and '"Jos\\udce9"' in text
    page = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert "Jos\\udce9/broken.mp4" in page and "Zoë/a" in page


def test_finished_folder_is_left_alone(drawn, raw, tmp_path, monkeypatch):
    output = tmp_path / "out"
    content = prepare(raw, output)
    before = {file: file.stat().st_mtime_ns for file in output.iterdir()}
    monkeypatch.setattr(clip_workers, "prepare_clip", None)
    assert prepare(raw, output) == content
    assert {file: file.stat().st_mtime_ns for file in output.iterdir()} == before
    shard = output / "train-00001.tfrecord"
    shard.write_bytes(shard.read_bytes()[:-1])
    with pytest.raises(ValueError, match="train-00001.tfrecord is missing or cut off"):
        prepare(raw, output)


def test_other_arguments_or_clips_are_refused(drawn, raw, tmp_path):
    output = tmp_path / "out"
    (output / "unfinished").mkdir(parents=True)  # killed before the first file
    prepare(raw, output)
    other = ClipOptions(image_size=64, max_frames=5)
    with pytest.raises(ValueError, match="made from other clips or with other"):
        prepare(raw, output, other)
    (raw / "anna/c.mp4").touch()
    with pytest.raises(ValueError, match="made from other clips or with other"):
        prepare(raw, output)

    begun = tmp_path / "begun"
    (begun / "unfinished").mkdir(parents=True)
    (begun / "unfinished/run.json").write_text(json.dumps({"layout": "folders"}))
    with pytest.raises(ValueError, match=r"begun with other .*options, .* changed"):
        prepare(raw, begun)
    full = tmp_path / "full"
    full.mkdir()
    (full / "notes.txt").touch()
    with pytest.raises(ValueError, match="holds other files"):
        prepare(raw, full)
    with pytest.raises(ValueError, match="Received: 0"):
        prepare(raw, tmp_path / "none", shard_bytes=0)


def test_nothing_usable(drawn, tmp_path):
    raw = make_raw_folder(tmp_path / "raw", ["anna/broken.mp4", "ben/empty.mp4"])
    message = "none of 2 clips is usable, for instance anna/broken.mp4: is cut off"
    with pytest.raises(ValueError, match=message):
        prepare(raw, tmp_path / "out")


def test_progress_counts_what_is_left_to_do(drawn, raw, tmp_path):
    seen = []

    def progress(iterable, total, what):
        for item in iterable:
            seen.append((total, what))
            if len(seen) == 3:
                raise KeyboardInterrupt
            yield item

    with pytest.raises(KeyboardInterrupt):
        prepare(raw, tmp_path / "out", progress=progress)
    assert set(seen) == {(8, "preparing")}
    del seen[:]
    with pytest.raises(KeyboardInterrupt):
        prepare(raw, tmp_path / "out", progress=progress)
    assert set(seen) == {(5, "preparing")}


def test_killed_process_and_its_workers(tmp_path, moved, write_frames):
    """SIGKILL for real, with a worker process and real faces."""
    for name in ("anna/a", "anna/b", "ben/c"):
        shift = len(name) + ord(name[-1]) % 7
        write_frames([moved(dx=shift * i) for i in range(-2, 3)], f"raw/{name}")
    raw, output = tmp_path / "raw", tmp_path / "out"
    command = [sys.executable, "-m", "aan_keras", "prepare", "--layout", "folders"]
    command += ["--input", str(raw), "--output", str(output), "--workers", "1"]
    process = subprocess.Popen(
        [*command, "--image-size", "64", "--shard-megabytes", "1"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 120
        while not list(output.glob("unfinished/*/*.json")):
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert not (output / "dataset.json").exists()
    prepare(raw, output, shard_bytes=1_000_000)
    prepare(raw, tmp_path / "whole", shard_bytes=1_000_000)
    # The report tells how long it took.
    skip = {"report.html": None}
    assert {**contents(output), **skip} == {**contents(tmp_path / "whole"), **skip}
    assert len(open_clips(output)) == 3
