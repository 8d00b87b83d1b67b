"""What the page tells a visitor."""

import html
import pathlib
import re

_KINDS = ("info", "good", "error")


def message(text, kind="info"):
    """HTML of a message; the text may hold anything.

    Args:
        text: a line, or lines.
        kind: `"info"`, `"good"` or `"error"`.
    """
    if kind not in _KINDS:
        raise ValueError(f"`kind` must be one of {_KINDS}. Received: kind={kind}")
    if not text:
        return ""
    role = "alert" if kind == "error" else "status"
    lines = "<br>".join(html.escape(line) for line in text.splitlines())
    return f'<div class="aan-message aan-{kind}" role="{role}">{lines}</div>'


def error_message(error, paths=()):
    """HTML of an error, with file names in place of the server's paths.

    Args:
        error: exception.
        paths: paths of the visitor's files.
    """
    text = " ".join(str(error).split())
    for path in filter(None, paths):
        text = text.replace(str(path), pathlib.Path(path).name)
    return message(_as_sentence(text), "error")


def _as_sentence(text):
    # "no face found in it: use ..." reads as two sentences on a page.
    text = re.sub(r": (\w)", lambda match: ". " + match[1].upper(), text, count=1)
    # A file's name keeps its case.
    if re.match(r"[a-z]+\s", text):
        text = text[0].upper() + text[1:]
    return text if text.endswith(".") else text + "."
