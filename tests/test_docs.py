"""What the documents say holds: links lead somewhere, Python examples run."""

import re
from pathlib import Path

import pytest

import aan_keras

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


def test_readme_lists_every_layer():
    table = README.partition("## Layers")[2].partition("\n## ")[0]
    assert set(re.findall(r"`(\w+)`", table)) >= set(aan_keras.layers.__all__)


def test_changelog_has_an_entry_for_this_version():
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert f"## [{aan_keras.__version__}]" in changelog
