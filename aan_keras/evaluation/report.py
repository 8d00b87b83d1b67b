"""One page with everything in it."""

import base64
import html

from aan_keras.evaluation.clip_videos import write_videos
from aan_keras.evaluation.measures import BY_NAME
from aan_keras.evaluation.paper import COLUMNS
from aan_keras.evaluation.people_plot import people_plot
from aan_keras.evaluation.sheets import KINDS, ranked_by, write_sheets
from aan_keras.evaluation.table import (
    CAVEAT,
    describe,
    further_table,
    main_table,
    measured_names,
    paper_table,
)
from aan_keras.faces.output_file import output_file

_STYLE = """
body { font-family: sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em;
  color: #222; line-height: 1.45; }
table { border-collapse: collapse; margin: 1em 0; font-size: 0.92em; }
th, td { padding: 0.3em 0.7em; text-align: right; border-bottom: 1px solid #ddd;
  font-variant-numeric: tabular-nums; }
th:first-child, td:first-child { text-align: left; }
th { border-bottom: 2px solid #888; }
.wide { overflow-x: auto; }
img, video, svg { max-width: 100%; height: auto; }
figure { margin: 1em 0; }
figcaption, .note { color: #555; font-size: 0.9em; }
"""


def write_report(evaluation, progress):
    """Writes `report.html`, with pictures and videos inside, and these beside it.

    Args:
        evaluation: `Evaluation`.
        progress: callable `(iterable, total, what)`.
    """
    sheets = write_sheets(evaluation)
    videos = write_videos(evaluation, progress)
    with output_file(evaluation.output / "report.html") as beside:
        beside.write_text(_page(evaluation, sheets, videos), encoding="utf-8")


def _page(evaluation, sheets, videos):
    results = evaluation.results
    title = f"{evaluation.protocol.capitalize()}-reenactment: " + ", ".join(
        method.name for method in evaluation.methods
    )
    last = html.escape(evaluation.methods[-1].name)
    names = measured_names(results)
    ranking = BY_NAME[ranked_by(evaluation.protocol)[0]].label
    body = [
        f"<h1>{html.escape(title)}</h1>",
        f"<p>{html.escape(describe(results))}</p>",
        _table(*main_table(results)),
        _table(*paper_table(evaluation.protocol)),
        f'<p class="note">{html.escape(CAVEAT)}</p>',
        "<h2>Further measures</h2>",
        _table(*further_table(results)),
        *(f'<p class="note">{html.escape(line)}.</p>' for line in results["skipped"]),
        "<h2>Person by person</h2>",
        people_plot(results, [*COLUMNS, *(["l1"] if "l1" in names else [])]),
        "<h2>Clips</h2>",
        f'<p class="note">The clips on which {last} is best, in the middle and worst '
        f"in {ranking}; 25 frames a second, whatever the clip had.</p>",
        *(_video(path, caption) for path, caption in videos.items()),
        "<h2>Pairs</h2>",
    ]
    for method in dict.fromkeys(name for name, _ in sheets):
        for kind in KINDS:
            caption = f"{method}: {kind} pairs in {ranking}"
            body.append(_image(sheets[method, kind], caption))
    body += [
        "<h2>What the columns are</h2>",
        "<ul>",
        *(
            f"<li><b>{BY_NAME[name].label}</b>: {html.escape(BY_NAME[name].meaning)}"
            "</li>"
            for name in names
        ),
        "</ul>",
        "<p class='note'>Pairs: pairs.json, SHA-256 of the frames "
        f"{results['frames_sha256']}. Every pair's figures: results.csv.</p>",
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def _table(header, rows):
    lines = ["<tr>" + "".join(f"<th>{html.escape(c)}</th>" for c in header) + "</tr>"]
    for row in rows:
        cells = "".join(f"<td>{html.escape(cell)}</td>" for cell in row)
        lines.append(f"<tr>{cells}</tr>")
    return f'<div class="wide"><table>{"".join(lines)}</table></div>'


def _image(path, caption):
    data = base64.b64encode(path.read_bytes()).decode()
    caption = html.escape(caption)
    return (
        f'<figure><img alt="{caption}" src="data:image/png;base64,{data}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _video(path, caption):
    data = base64.b64encode(path.read_bytes()).decode()
    caption = html.escape(caption)
    return (
        '<figure><video controls loop muted playsinline src="data:video/mp4;base64,'
        f'{data}"></video><figcaption>{caption}</figcaption></figure>'
    )
