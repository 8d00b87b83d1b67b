"""Pages that are made from other files, and links that lead out of `docs/`."""

import functools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from mkdocs.structure.files import File

sys.path.insert(0, str(Path(__file__).parent))

from cross_references import add_cross_references
from public_names import PACKAGE, ROOT, public_names

# Pages that `mkdocs.yml` names and that are left out of the navigation while their
# file is not there.
OPTIONAL = (
    "export.md",
    "notebooks.md",
    "quantization.md",
    "serving.md",
    "web_demo.md",
)
_COPIED = {"ARCHITECTURE.md": "architecture.md", "CHANGELOG.md": "changelog.md"}
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s#:]+)(#[^)\s]*)?\)")


def on_config(config):
    """Completes the navigation."""
    made = set(_made_pages())
    docs = Path(config.docs_dir)
    missing = {
        page for page in OPTIONAL if page not in made and not (docs / page).exists()
    }
    config.nav = _without(config.nav, missing)
    for entry in config.nav:
        if "Model cards" in entry:
            entry["Model cards"] = sorted(p for p in made if p.startswith("models/"))
        if "Reference" in entry:
            entry["Reference"] += sorted(p for p in made if p.startswith("reference/"))
    return config


def on_files(files, config):
    """Adds the pages that are made from other files."""
    for page, content in _made_pages().items():
        files.append(File.generated(config, page, content=content))
    for notebook in _notebooks():
        files.append(
            File.generated(
                config, f"notebooks/{notebook.name}", abs_src_path=str(notebook)
            )
        )
    return files


def on_page_markdown(markdown, page, config, files):
    """Links to files of the repository lead to their page, or are no links."""
    folder = _home_of(page.file.src_uri).parent

    def replace(link):
        text, target, place = link[1], link[2], link[3] or ""
        path = Path(os.path.normpath(folder / target))
        if not path.is_relative_to(ROOT) or not path.exists():
            return link[0]  # MkDocs tells that it is broken.
        uri = _page_of(path)
        if uri is not None:
            here = Path(page.file.src_uri).parent
            return f"[{text}]({Path(os.path.relpath(uri, here)).as_posix()}{place})"
        name = path.relative_to(ROOT).as_posix()
        return text if name == text.strip("`") else f"{text} (`{name}`)"

    markdown = _LINK.sub(replace, markdown)
    if page.file.src_uri == "command_line.md":
        return markdown + _command_line()
    if page.file.src_uri == "changelog.md":
        return markdown
    return add_cross_references(markdown)


def _without(nav, missing):
    """The navigation without the pages `missing`."""
    kept = []
    for entry in nav:
        below = next(iter(entry.values())) if isinstance(entry, dict) else entry
        if isinstance(below, list):
            kept.append({next(iter(entry)): _without(below, missing)})
        elif below not in missing:
            kept.append(entry)
    return kept


def _made_pages():
    """Dict from page to its Markdown."""
    pages = {
        f"models/{card.parent.name}.md": card.read_text("utf-8")
        for card in sorted(PACKAGE.glob("presets/*/MODEL_CARD.md"))
    }
    for name, page in _COPIED.items():
        pages[page] = (ROOT / name).read_text("utf-8")
    for room in public_names():
        page = f"reference/{room.rpartition('.')[2]}.md"
        if not (ROOT / "docs" / page).exists():
            pages[page] = f"# `{room}`\n\n::: {room}\n"
    if _notebooks():
        pages["notebooks.md"] = _notebook_list()
    return pages


def _home_of(uri):
    """The file of the repository that a page was made from."""
    if uri.startswith("models/"):
        return PACKAGE / "presets" / Path(uri).stem / "MODEL_CARD.md"
    for name, page in _COPIED.items():
        if page == uri:
            return ROOT / name
    return ROOT / "docs" / uri


def _page_of(path):
    """Where the site has a file of the repository; None if it has not."""
    name = path.relative_to(ROOT).as_posix()
    if name == "README.md":
        return "index.md"
    if name in _COPIED:
        return _COPIED[name]
    if path.name == "MODEL_CARD.md" and path.parent.parent == PACKAGE / "presets":
        return f"models/{path.parent.name}.md"
    if path in _notebooks():
        return name
    inside = path.is_relative_to(ROOT / "docs") and path.is_file()
    return path.relative_to(ROOT / "docs").as_posix() if inside else None


def _notebooks():
    return sorted((ROOT / "notebooks").glob("*.ipynb"))


def _notebook_list():
    lines = ["# Notebooks", "", "Download one, and open it in Jupyter or Colab.", ""]
    for notebook in _notebooks():
        title, text = notebook.stem, ""
        for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
            source = "".join(cell["source"])
            found = re.search(r"^# (.+)$", source, re.MULTILINE)
            if cell["cell_type"] == "markdown" and found:
                title = found[1]
                after = [p for p in source[found.end() :].split("\n\n") if p.strip()]
                plain = [p for p in after if not p.lstrip().startswith(("[", "!", "<"))]
                text = f": {' '.join(plain[0].split())}" if plain else ""
                break
        lines.append(f"- [{title}](notebooks/{notebook.name}){text}")
    return "\n".join([*lines, ""])


def _command_line():
    """The `--help` of every command."""
    text = _help()
    names = re.findall(r"^    ([a-z-]+)", text, re.MULTILINE)
    lines = ["", "```text", text, "```", ""]
    for name in names:
        lines += [f"## `{name}`", "", "```text", _help(name), "```", ""]
    return "\n".join(lines)


@functools.cache
def _help(*words):
    # A process of its own, as only the command itself does without TensorFlow.
    paths = filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])
    result = subprocess.run(
        [sys.executable, "-m", "aan_keras", *words, "--help"],
        env={**os.environ, "COLUMNS": "80", "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.rstrip()
