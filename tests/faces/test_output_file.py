import errno

import pytest

from aan_keras.faces import InputError
from aan_keras.faces.output_file import output_file


def test_file_appears_when_the_block_ends(tmp_path):
    with output_file(tmp_path / "a.txt") as beside:
        assert beside.parent == tmp_path and beside.suffix == ".txt"
        beside.write_text("whole")
        assert not (tmp_path / "a.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "whole"


@pytest.mark.parametrize(
    "failure",
    [RuntimeError("broken"), KeyboardInterrupt(), OSError(errno.ENOSPC, "disk full")],
)
def test_failure_leaves_what_was_there(tmp_path, failure):
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(type(failure)), output_file(tmp_path / "a.txt") as beside:
        beside.write_text("half")
        raise failure
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none/a.txt", "no folder"),
        (".", "is a folder"),
        # No file system takes it; missing rights don't stop root.
        ("a" * 300, "name too long.*choose another"),
    ],
)
def test_places_that_cannot_be_written(tmp_path, name, message):
    with pytest.raises(InputError, match=message), output_file(tmp_path / name):
        raise AssertionError("must not be reached")
    assert list(tmp_path.iterdir()) == []
