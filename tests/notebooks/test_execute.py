import nbformat
import pytest
from nbclient.exceptions import CellExecutionError


def execute(executor, folder, *sources):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "some.ipynb")
    return executor.execute(folder / "some.ipynb", folder, timeout=60, WORD="seen")


@pytest.mark.parametrize("source", ["1 / 0", "!exit 3", "!no-such-command"])
def test_what_fails_is_noticed(source, executor, tmp_path):
    with pytest.raises(CellExecutionError):
        execute(executor, tmp_path, source)


def test_outputs_are_kept_and_nothing_else(executor, tmp_path):
    notebook = execute(
        executor,
        tmp_path,
        "import os, pathlib\npathlib.Path('made').touch()\nos.environ['WORD']",
        "!printf '1 of 2\\r2 of 2'",
        "os.system('echo from C >&2')",
    )
    first, second, third = notebook.cells
    assert first.outputs[0].data["text/plain"] == "'seen'"
    assert (tmp_path / "made").exists()
    assert [output.text for output in second.outputs] == ["2 of 2"]
    assert [output.output_type for output in third.outputs] == ["execute_result"]
    assert notebook.metadata == executor.METADATA
    assert all(cell.metadata == {} for cell in notebook.cells)
