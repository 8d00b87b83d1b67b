"""A plot of every method's figures, person by person, as SVG."""

import html

import numpy as np

from aan_keras.evaluation.measures import BY_NAME
from aan_keras.evaluation.table import heading

# Told apart by people who see few colours, too (Okabe and Ito).
COLOURS = ("#999999", "#E69F00", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9")
_WIDTH, _HEIGHT = 900, 170
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 10, 24, 14


def people_plot(results, names):
    """SVG text: one panel a measure, people from left to right.

    Args:
        results: content of `results.json`.
        names: of measures.
    """
    rows = results["rows"]
    people = sorted({person for row in rows.values() for person in row["people"]})
    legend = _legend(rows)
    panels, top = [], 30
    for name in names:
        panel = _panel(name, rows, people, top)
        if panel:
            panels.append(panel)
            top += _HEIGHT
    height = top + 110
    step = (_WIDTH - _LEFT - _RIGHT) / max(len(people), 1)
    text = []
    for i, person in enumerate(people):
        x = _LEFT + (i + 0.5) * step
        text.append(
            f'<text x="{x:.1f}" y="{top + 4}" font-size="10" text-anchor="end" '
            f'transform="rotate(-40 {x:.1f} {top + 4})">{html.escape(person)}</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}" font-family="sans-serif" role="img" '
        f'aria-label="Figures of each person">'
        + "".join([legend, *panels, *text])
        + "</svg>"
    )


def _legend(rows):
    parts, x = [], _LEFT
    for i, name in enumerate(rows):
        colour = COLOURS[i % len(COLOURS)]
        parts.append(
            f'<circle cx="{x}" cy="12" r="5" fill="{colour}"/>'
            f'<text x="{x + 9}" y="16" font-size="12">{html.escape(name)}</text>'
        )
        x += 24 + 8 * len(name)
    return "".join(parts)


def _panel(name, rows, people, top):
    values = {
        method: [row["people"].get(p, {}).get(name, {}).get("value") for p in people]
        for method, row in rows.items()
    }
    present = [v for column in values.values() for v in column if v is not None]
    if not present:
        return None
    ticks = _ticks(min(present), max(present))
    low, high = ticks[0], ticks[-1]
    bottom = top + _HEIGHT - _BOTTOM
    inner = _HEIGHT - _TOP - _BOTTOM
    step = (_WIDTH - _LEFT - _RIGHT) / len(people)
    parts = [
        f'<text x="{_LEFT}" y="{top + 16}" font-size="12" font-weight="bold">'
        f"{heading(name)}</text>"
    ]
    decimals = BY_NAME[name].decimals
    for value in ticks:
        y = bottom - inner * (value - low) / (high - low)
        parts.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" '
            f'stroke="#ddd"/><text x="{_LEFT - 6}" y="{y + 4:.1f}" font-size="10" '
            f'text-anchor="end">{value:g}</text>'
        )
    for m, (method, column) in enumerate(values.items()):
        # Side by side, so that equal figures don't hide each other.
        shift = (m - (len(values) - 1) / 2) * min(8, step / (len(values) + 1))
        for i, value in enumerate(column):
            if value is None:
                continue
            x = _LEFT + (i + 0.5) * step + shift
            y = bottom - inner * (value - low) / (high - low)
            parts.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" '
                f'fill="{COLOURS[m % len(COLOURS)]}"><title>'
                f"{html.escape(method)}, {html.escape(people[i])}: "
                f"{value:.{decimals}f}</title></circle>"
            )
    return "".join(parts)


def _ticks(low, high):
    """Three to seven round numbers, evenly spaced, from below `low` to above `high`."""
    span = max(high - low, 1e-3)
    power = 10.0 ** np.floor(np.log10(span / 3))
    step = next(power * k for k in (1, 2, 5, 10) if span / (power * k) <= 5)
    first, last = np.floor(low / step), np.ceil(high / step)
    last = max(last, first + 1)
    return [round(float(k * step), 6) for k in np.arange(first, last + 1)]
