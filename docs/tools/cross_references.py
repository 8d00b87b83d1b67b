"""Code quotes that name something public become links into the API reference."""

import re

from public_names import link_targets

_TARGETS = link_targets()
# Fences are passed over, and so are code quotes in the text of a link.
_PASSED_OVER = re.compile(
    r"^(?P<fence>```+|~~~+).*?^(?P=fence)|\[[^\]\n]*\]\([^)\n]*\)|^#.*?$|^    .*?$",
    re.DOTALL | re.MULTILINE,
)
_QUOTE = re.compile(r"(?<![`\[])`([\w.]+)`(?![`\]])")


def add_cross_references(markdown, leave_out=()):
    """`AppearanceAdaptiveNorm` in code quotes becomes a link to its reference.

    Args:
        markdown: text.
        leave_out: full names that are not linked.

    Returns:
        The text with links that mkdocs-autorefs resolves.
    """
    parts, end = [], 0
    for passed in _PASSED_OVER.finditer(markdown):
        parts += [_link(markdown[end : passed.start()], leave_out), passed.group()]
        end = passed.end()
    return "".join([*parts, _link(markdown[end:], leave_out)])


def _link(text, leave_out):
    def replace(quote):
        target = _TARGETS.get(quote[1])
        if target is None or target in leave_out:
            return quote[0]
        return f"[`{quote[1]}`][{target}]"

    return _QUOTE.sub(replace, text)
