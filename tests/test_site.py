"""The documentation site builds without a warning, whole, and of its own files only."""

import html.parser
import importlib
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

import aan_keras

ROOT = Path(__file__).resolve().parents[1]
ROOMS = [
    name
    for name in aan_keras.__all__
    if (ROOT / "aan_keras" / name / "__init__.py").exists()
]


class Page(html.parser.HTMLParser):
    """What a page links to and loads, and the anchors in it."""

    def __init__(self, path):
        super().__init__()
        self.anchors, self.links, self.loads = set(), [], []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.anchors.update(found[name] for name in ("id", "name") if found.get(name))
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        if found.get("src"):
            self.loads.append(found["src"])
        if tag == "link" and found.get("rel") != "canonical":
            self.loads.append(found["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Folder of the site; what the build printed is checked."""
    folder = tmp_path_factory.mktemp("site")
    command = ["-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder]
    settings = {"NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)}
    build = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert (build.returncode, build.stdout) == (0, "")
    return folder


@pytest.fixture(scope="module")
def pages(site):
    return {path: Page(path) for path in sorted(site.rglob("*.html"))}


def test_every_link_leads_to_a_page_and_a_place_in_it(pages):
    broken = []
    for path, page in pages.items():
        for link in page.links + page.loads:
            if re.match(r"[a-z]+:", link) or path.name == "404.html":
                continue
            target, _, anchor = link.partition("#")
            file = (path.parent / unquote(target)).resolve() if target else path
            if file.is_dir():
                file = file / "index.html"
            anchors = pages[file].anchors if file in pages else set()
            if not file.is_file() or (anchor and unquote(anchor) not in anchors):
                broken.append(f"{path.name}: {link}")
    assert broken == []


def test_nothing_is_loaded_from_elsewhere(pages):
    elsewhere = {
        load
        for page in pages.values()
        for load in page.loads
        if re.match(r"([a-z]+:)?//", load)
    }
    assert elsewhere == set()


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_name_is_in_the_reference(pages, room):
    module = importlib.import_module(f"aan_keras.{room}")
    anchors = set().union(*(page.anchors for page in pages.values()))
    names = getattr(module, "__all__", ())
    missing = [name for name in names if f"aan_keras.{room}.{name}" not in anchors]
    assert missing == []


def test_the_names_beside_the_rooms_are_in_the_reference(pages):
    anchors = set().union(*(page.anchors for page in pages.values()))
    others = set(aan_keras.__all__) - set(ROOMS) - {"__version__"}
    assert others == {"Reenactor", "reenact"}
    assert "aan_keras.models.Reenactor" in anchors
    assert "aan_keras.reenactment.reenact" in anchors


def test_every_model_card_and_every_command_has_its_place(site, pages):
    cards = {path.parent.name for path in ROOT.glob("aan_keras/presets/*/*.md")}
    assert cards and {path.stem for path in site.glob("models/*.html")} == cards
    from aan_keras.commands import COMMANDS

    anchors = pages[site / "command_line.html"].anchors
    assert {module.NAME for module in COMMANDS} <= anchors


def test_docstrings_are_markdown(site):
    """No doctest and no section of a docstring is left as it stands in the source."""
    text = (site / "reference" / "layers.html").read_text("utf-8")
    assert "<strong>Call arguments</strong>" in text
    assert '<span class="gp">&gt;&gt;&gt; </span>' in text
    assert not re.search(r"<p>(Args|Returns|Example|&gt;)", text)
