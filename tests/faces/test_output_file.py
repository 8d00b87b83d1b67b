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
    with pytest.raises(type(failure)):
        with output_file(tmp_path / "a.txt") as beside:
            beside.write_text("half")
            raise failure
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"


def test_places_that_cannot_be_written(tmp_path):
    with pytest.raises(InputError, match="no folder"):
        with output_file(tmp_path / "none" / "a.txt"):
            raise AssertionError("must not be reached")
    with pytest.raises(InputError, match="is a folder"):
        with output_file(tmp_path):
            raise AssertionError("must not be reached")
    # A name that no file system takes, whoever runs the tests (root may write anywhere).
    with pytest.raises(InputError, match="name too long.*choose another"):
        with output_file(tmp_path / ("a" * 300)):
            raise AssertionError("must not be reached")
    assert list(tmp_path.iterdir()) == []
