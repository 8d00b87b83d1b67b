"""A bar chart of counts, as SVG."""

import numpy as np

_WIDTH, _HEIGHT, _BASE = 320, 150, 120


class Histogram:
    """Counts of a quantity that arrives bit by bit.

    Values beyond the ends are counted in the outermost bins.

    Args:
        title: of the chart.
        edges: increasing numbers, one more than bins.
        unit: what a count counts ("frames", "clips").
    """

    def __init__(self, title, edges, unit):
        self.title = title
        self.edges = np.asarray(edges, "float64")
        self.unit = unit
        self.counts = np.zeros(len(self.edges) - 1, int)

    def add(self, values):
        """Counts an array of values."""
        values = np.clip(values, self.edges[0], self.edges[-1])
        self.counts += np.histogram(values, self.edges)[0]

    def svg(self):
        """The chart, 320 x 150 pixels; a bar tells its count when pointed at."""
        total, most = self.counts.sum(), max(self.counts.max(), 1)
        step = _WIDTH / len(self.counts)
        parts = []
        for i, count in enumerate(self.counts):
            height = 100 * count / most
            low, high = self.edges[i], self.edges[i + 1]
            parts.append(
                f'<rect x="{i * step + 1:.1f}" y="{_BASE - height:.1f}" '
                f'width="{step - 1:.1f}" height="{height:.1f}"><title>{low:g} to '
                f"{high:g}: {count} {self.unit}</title></rect>"
            )
        for i in range(0, len(self.edges), max(len(self.counts) // 6, 1)):
            anchor = {0: "start", len(self.counts): "end"}.get(i, "middle")
            parts.append(
                f'<text x="{i * step:.1f}" y="{_BASE + 14}" text-anchor="{anchor}">'
                f"{self.edges[i]:g}</text>"
            )
        parts.append(f'<line x1="0" x2="{_WIDTH}" y1="{_BASE}" y2="{_BASE}"/>')
        return (
            f"<figure><figcaption>{self.title} <small>{total} {self.unit}, highest "
            f'bar {self.counts.max()}</small></figcaption><svg width="{_WIDTH}" '
            f'height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}">{"".join(parts)}'
            "</svg></figure>"
        )
