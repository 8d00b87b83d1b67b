import pytest

from aan_keras.preparation.layouts import RawClip
from aan_keras.preparation.prepare_dataset import Preparation
from aan_keras.preparation.shards import write_shard
from aan_keras.preparation.summary import finished_summary, write_summary

from .drawn_clips import drawn_clip


@pytest.fixture
def written(tmp_path):
    """A folder of two shards, its `Preparation` and its summary."""
    raw, output = tmp_path / "raw", tmp_path / "out"
    raw.mkdir()
    output.mkdir()
    clips = []
    for name, split in (("anna", "train"), ("ben", "test"), ("broken", "train")):
        (raw / name).touch()
        clips.append(RawClip(name, "v0", raw / name, split))
    preparation = Preparation("folders", raw, clips=clips)
    statistics = []
    for clip in clips[:2]:
        record, found = drawn_clip(clip)
        write_shard(output / f"{clip.split}-00000.tfrecord", [record])
        statistics.append(found)
    statistics.append(drawn_clip(RawClip("empty", "v0", raw / "broken"))[1])
    return output, preparation, write_summary(output, preparation, statistics)


def test_splits_and_what_was_left_out(written):
    output, preparation, content = written
    assert list(content["splits"]) == ["test", "train"]
    assert list(content["splits"]["test"]["identities"]) == ["ben"]
    train = content["splits"]["train"]
    assert [shard["name"] for shard in train["shards"]] == ["train-00000.tfrecord"]
    assert train["frames"] == train["shards"][0]["frames"]
    reason = "0 of 5 frames are usable"
    assert content["skipped_clips"] == [{"clip": "broken", "reason": reason}]
    assert content["frames"]["dropped"] == {"blur": 2, "no face": 5}
    assert finished_summary(output, preparation) == content


def test_report_is_complete_in_itself(written):
    output, _, content = written
    page = (output / "report.html").read_text()
    frames = sum(part["frames"] for part in content["splits"].values())
    assert page.count("data:image/jpeg;base64,") == frames
    assert "http" not in page and "<script" not in page
    for text in ("Yaw, degrees, to the left", "no face", "broken", "anna/v0", "ben/v0"):
        assert text in page


def test_damaged_summary(written):
    output, preparation, _ = written
    (output / "dataset.json").write_text('{"splits": 3}')
    with pytest.raises(ValueError, match="dataset.json is damaged: delete it"):
        finished_summary(output, preparation)
    (output / "dataset.json").unlink()
    assert finished_summary(output, preparation) is None
