"""Notebooks are stored as they ran, small, and without traces of a machine."""

import getpass
import json
import pathlib
import re
import socket

import nbformat
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "notebooks"
NAMES = ["01_quickstart", "02_layers", "03_train", "04_evaluate", "05_export_serve"]
every_notebook = pytest.mark.parametrize("name", NAMES)
COLAB = "https://colab.research.google.com/"


def read(name):
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def texts(notebook):
    """All that the outputs say, without the data of pictures and videos."""
    for cell in code_cells(notebook):
        for output in cell.outputs:
            yield "".join(output.get("text", ""))
            for kind, data in output.get("data", {}).items():
                if kind.startswith("text/"):
                    yield re.sub(r"base64,[A-Za-z0-9+/=]+", "base64,", "".join(data))


def test_these_are_all_there_are():
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == NAMES


@every_notebook
def test_outputs_are_stored(name):
    cells = code_cells(read(name))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    pictures = [o for o in outputs if "image/png" in o.get("data", {})]
    assert len(pictures) >= 1


@every_notebook
def test_outputs_tell_nothing_of_the_machine(name):
    private = [str(pathlib.Path.home()), str(ROOT), socket.gethostname()]
    private += [getpass.getuser() + "@", "localhost", "127.0.0.1"]
    for text in texts(read(name)):
        assert not re.search(
            r"(/tmp|/home|/root|/Users|/var|/opt|/usr)\b|[A-Z]:\\", text
        )
        # A host may be called "vm", which is part of other words.
        words = set(re.split(r"[\s'\"]+", text))
        assert not words & set(private)
        assert "Traceback" not in text and "Error" not in text


@every_notebook
def test_file_is_small_and_clean(name, executor):
    path = FOLDER / f"{name}.ipynb"
    assert path.stat().st_size < 1_500_000
    notebook = json.loads(path.read_text())
    metadata = notebook["metadata"]
    assert metadata.pop("accelerator", "GPU") == "GPU"
    assert metadata == executor.METADATA
    assert all(cell["metadata"] == {} for cell in notebook["cells"])


@every_notebook
def test_opens_on_colab(name):
    notebook = read(name)
    links = re.findall(r"\]\((https?://colab[^)]+)\)", notebook.cells[0].source)
    assert links == [COLAB + "assets/colab-badge.svg", COLAB]
    install = code_cells(notebook)[0].source
    assert install == code_cells(read(NAMES[0]))[0].source
    assert "google.colab" in install and "%pip install" in install


@every_notebook
def test_links_lead_to_a_file(name):
    text = "\n".join(c.source for c in read(name).cells if c.cell_type == "markdown")
    links = re.findall(r"\]\((?!https?:)([^)\s]+)\)", text)
    assert [link for link in links if not (FOLDER / link).exists()] == []
