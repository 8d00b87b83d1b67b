"""Tables in Markdown."""

from aan_keras.evaluation.measures import BY_NAME, MEASURES
from aan_keras.evaluation.paper import COLUMNS, TABLES

ARROWS = {"up": " ↑", "down": " ↓", "one": " → 1"}
SETTINGS = {
    "self": "Self-reenactment: a frame of a video drives the first one of that video.",
    "cross": "Cross-reenactment: a video of another person drives the first frame.",
}
CAVEAT = (
    "The paper's figures were taken on other data with ArcFace and OpenFace. They show "
    "what was published, and can't be compared with the rows above digit by digit."
)


def markdown_page(results):
    """The whole of `table.md`.

    Args:
        results: content of `results.json`.
    """
    parts = [
        f"# {SETTINGS[results['protocol']].partition(':')[0]}",
        describe(results),
        markdown_table(*main_table(results)),
        markdown_table(*paper_table(results["protocol"])),
        CAVEAT,
        "## Further measures",
        markdown_table(*further_table(results)),
        "## What the columns are",
        "\n".join(
            f"- {BY_NAME[name].label}: {BY_NAME[name].meaning}."
            for name in measured_names(results)
        ),
    ]
    if results["skipped"]:
        parts.append("\n".join(f"- {line}." for line in results["skipped"]))
    return "\n\n".join(parts) + "\n"


def describe(results):
    """A paragraph on what was evaluated."""
    text = (
        f"{SETTINGS[results['protocol']]} {results['pairs']} pairs, "
        f"{results['people']} people in the sources, {results['image_size']} px"
    )
    if results["protocol"] == "cross":
        text += f", {results['landmarks']} landmarks"
    text += ". Poses and action units are "
    text += "OpenFace's" if results["openface"] else "our own, from dlib's landmarks"
    return (
        text + ". After a mean: over how many pairs it is, where some have no figure."
    )


def measured_names(results):
    """Names of the measures that some row has, in the order of columns."""
    present = {name for row in results["rows"].values() for name in row["measures"]}
    return [measure.name for measure in MEASURES if measure.name in present]


def main_table(results):
    """`(header, rows)` in the shape of the paper's tables, with the faces found."""
    header = ["method", *(heading(name) for name in COLUMNS), "faces found"]
    rows = []
    for method, row in results["rows"].items():
        found = f"{row['faces_found']} of {results['pairs']}"
        rows.append([method, *(cell(row, name, results) for name in COLUMNS), found])
    return header, rows


def further_table(results):
    """`(header, rows)` of the other measures."""
    names = [name for name in measured_names(results) if name not in COLUMNS]
    with_fid = any("fid" in row for row in results["rows"].values())
    header = ["method", *(heading(name) for name in names)]
    header += ["FID ↓"] if with_fid else []
    rows = []
    for method, row in results["rows"].items():
        cells = [method, *(cell(row, name, results) for name in names)]
        if with_fid:
            cells.append("-" if row.get("fid") is None else f"{row['fid']:.1f}")
        rows.append(cells)
    return header, rows


def paper_table(protocol):
    """`(header, rows)` of the paper's figures on all of its data."""
    title, tables = TABLES[protocol]
    header = [f"paper, {title}"]
    header += [f"{data} {heading(name)}" for data in tables for name in COLUMNS]
    methods = list(next(iter(tables.values())))
    rows = [
        [
            method,
            *(
                f"{value:.{BY_NAME[name].decimals}f}"
                for table in tables.values()
                for name, value in zip(COLUMNS, table[method])
            ),
        ]
        for method in methods
    ]
    return header, rows


def heading(name):
    """Label and direction of a measure."""
    return BY_NAME[name].label + ARROWS[BY_NAME[name].better]


def cell(row, name, results):
    """A figure, and over how many pairs where some have none."""
    entry = row["measures"].get(name)
    if entry is None or entry["value"] is None:
        return "-"
    text = f"{entry['value']:.{BY_NAME[name].decimals}f}"
    if entry["over"] != results["pairs"]:
        text += f" ({entry['over']})"
    return text


def markdown_table(header, rows):
    """A Markdown table with its columns aligned."""
    lines = [header, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(
        "| "
        + " | ".join(
            text.ljust(width) if i == 0 else text.rjust(width)
            for i, (text, width) in enumerate(zip(line, widths))
        )
        + " |"
        for line in [header, rule, *rows]
    )
