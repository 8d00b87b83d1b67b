"""Docstrings as Keras writes them, as Markdown (an extension of griffe)."""

import ast
import re
import sys
from pathlib import Path

import griffe

sys.path.insert(0, str(Path(__file__).parent))

from cross_references import add_cross_references

_HEADER = re.compile(r"^([A-Z][\w ,`]*):$")
_ITEM = re.compile(r"^(\*{0,2}\w[\w.*, ]*):(?: |$)")
_LISTS = ("Args", "Attributes", "Call arguments", "Input", "Output shapes", "Raises")
_TITLES = {"Args": "Arguments"}


class KerasDocstrings(griffe.Extension):
    """Gives each docstring of a package as Markdown."""

    def on_package(self, *, pkg, **kwargs):
        for room in pkg.modules.values():
            _find_exports(room)
        self._convert(pkg, set())

    def _convert(self, item, seen):
        if item.path in seen:
            return
        seen.add(item.path)
        if item.docstring:
            item.docstring.value = to_markdown(item.docstring.value)
        for member in item.members.values():
            if not member.is_alias:
                self._convert(member, seen)


def _find_exports(room):
    """Puts into a room what its `__all__` names and a look at its imports misses."""
    homes = room.members.get("_HOMES")  # Names that load when they are first used.
    homes = {} if homes is None else ast.literal_eval(str(homes.value))
    for name in map(str, room.exports or ()):
        module = room.members.get(name)
        if module is None and name in homes:
            target = f"{homes[name]}.{name}"
            room.set_member(name, griffe.Alias(name, target, parent=room))
        elif module is not None and not module.is_alias and module.is_module:
            # `data.open_clips` is the function, not the module of the same name.
            room.set_member(name, module.members[name])


def to_markdown(docstring):
    """Sections become titles, their items definition lists, doctests fences."""
    lines, result = docstring.splitlines(), []
    while lines:
        line = lines.pop(0)
        header = _HEADER.match(line)
        if header and lines and lines[0].startswith("    "):
            title, body = header[1], _take_block(lines)
            result += ["", f"**{_TITLES.get(title, title)}**", ""]
            items = title.startswith(_LISTS) and _ITEM.match(body[0])
            result += _definitions(body) if items else _fence_doctests(body)
            result.append("")
        elif line.startswith(">>>"):
            lines.insert(0, line)
            result += _fence_doctests(_take_paragraph(lines))
        elif line == "Example:":
            result += ["", "**Example**", ""]
        else:
            result.append(line)
    return add_cross_references("\n".join(result))


def _take_block(lines):
    """Removes the indented block at the beginning of `lines`; it without indent."""
    block = []
    while lines and (not lines[0] or lines[0].startswith("    ")):
        block.append(lines.pop(0)[4:])
    return block


def _take_paragraph(lines):
    paragraph = []
    while lines and lines[0]:
        paragraph.append(lines.pop(0))
    return paragraph


def _definitions(body):
    result = []
    for line in body:
        item = _ITEM.match(line)
        if item:
            names = ", ".join(f"`{name.strip()}`" for name in item[1].split(","))
            result += ["", names, f":   {add_cross_references(line[item.end() :])}"]
        else:
            text = line.lstrip()
            # Continued at the indent of the definition, or deeper in a list there.
            indent = max(4, len(line) - len(text))
            result.append((" " * indent + add_cross_references(text)).rstrip())
    return result


def _fence_doctests(lines):
    result, inside = [], False
    for line in lines:
        if line.startswith(">>>") and not inside:
            result.append("```pycon")
            inside = True
        elif not line and inside:
            result.append("```")
            inside = False
        result.append(line)
    return result + ["```"] * inside
