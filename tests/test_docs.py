"""What the documents say holds: links lead somewhere, Python examples run."""

import ast
import importlib
import re
import shlex
import textwrap
from pathlib import Path

import pytest

import aan_keras
from aan_keras import cli

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(
    path
    for path in ROOT.rglob("*.md")
    # Environments and caches are hidden folders.
    if not any(
        part.startswith(".") or part in ("build", "runs")
        for part in path.relative_to(ROOT).parts
    )
)
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXAMPLES = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def name(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_relative_links_lead_to_a_file(document):
    links = re.findall(r"\]\(([^)\s]+)\)", document.read_text())
    relative = [link for link in links if not re.match(r"[a-z]+:|#", link)]
    missing = [
        link
        for link in relative
        if not (document.parent / link.partition("#")[0]).exists()
    ]
    assert missing == []


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_readme_example_runs(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "README.md", "exec"), {"__name__": "example"})


def fences(document, language):
    """The code of a document's fences of a language, without their indent."""
    pattern = rf"^( *)```{language}\n(.*?)^\1```"
    found = re.findall(pattern, document.read_text(), re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(code) for _, code in found]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_imports_in_examples_exist(page):
    for code in fences(page, "python"):
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.ImportFrom):
                module = importlib.import_module(node.module)
                assert all(hasattr(module, alias.name) for alias in node.names)


def test_commands_in_the_documents_are_valid():
    """Each is one that the command understands; none of them is run."""
    parser = cli.make_parser()
    lines = [
        line
        for page in PAGES
        for code in fences(page, "")
        for line in code.replace("\\\n", " ").splitlines()
        if line.startswith(("aan-keras ", ".venv/bin/aan-keras "))
    ]
    assert len(lines) > 10
    for line in lines:
        words = shlex.split(line.partition(" > ")[0], comments=True)
        if words[1:2] != ["--help"]:
            parser.parse_args(words[1:])


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_in_running_text_are_valid(page):
    """Those with arguments are whole; `aan-keras NAME` alone stands for the command."""
    parser = cli.make_parser()
    for text in re.findall(r"`aan-keras ([^`]*)`", page.read_text()):
        words = shlex.split(text)
        if "--help" in words:
            continue
        if words[1:]:
            parser.parse_args(words)
        else:
            assert words[0] in {command.NAME for command in cli.COMMANDS}


def test_every_layer_is_in_the_table_of_layers():
    table = (ROOT / "docs" / "layers.md").read_text().partition("## All of them")[2]
    table = table.partition("\n## ")[0]
    assert set(re.findall(r"`(\w+)`", table)) >= set(aan_keras.layers.__all__)


def test_readme_is_short():
    assert len(README.splitlines()) < 200


def test_changelog_has_an_entry_for_this_version():
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert f"## [{aan_keras.__version__}]" in changelog
