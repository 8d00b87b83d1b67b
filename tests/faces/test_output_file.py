import errno

import numpy as np
import pytest

from aan_keras.faces import InputError
from aan_keras.faces.output_file import check_not_an_input, output_file


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


def test_an_output_is_none_of_the_inputs(tmp_path):
    (tmp_path / "a.png").write_text("a")
    (tmp_path / "b.png").write_text("b")
    (tmp_path / "link.png").symlink_to("a.png")
    others = [tmp_path / "b.png", tmp_path / "none.png", np.zeros((4, 4, 3))]
    check_not_an_input(tmp_path / "a.png", others)
    check_not_an_input(tmp_path / "none.png", others)
    for path in (tmp_path / "link.png", str(tmp_path / "a.png")):
        with pytest.raises(InputError, match="it would replace .*, which is an input"):
            check_not_an_input(path, [*others, tmp_path / "a.png"])
