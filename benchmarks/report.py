"""What every benchmark does with its figures: a table to read, JSON to keep."""

import json
import platform
import time
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results"


def processor():
    """Model name of the processor, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.split(":", 1)[1] for line in lines if line.startswith("model name"))
    return next(names, platform.machine()).strip()


def resident_megabytes():
    """Memory that this process holds now (Linux)."""
    status = Path("/proc/self/status").read_text().split()
    return int(status[status.index("VmRSS:") + 1]) / 1024


def report(name, rows, **context):
    """Prints `rows` as a table and writes them to `results/<name>.json`.

    Args:
        name: of the benchmark.
        rows: list of dicts, one a line; the first one's keys are the columns.
        **context: what the figures depend on (threads, image size ...).
    """
    columns = list(rows[0])
    cells = [columns] + [[_text(row[column]) for column in columns] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    print(", ".join(f"{key} {value}" for key, value in context.items()))
    for line in cells:
        first, *rest = (cell.rjust(width) for cell, width in zip(line, widths))
        print("  ".join([line[0].ljust(len(first)), *rest]))
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    content = {
        "benchmark": name,
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "processor": processor(),
        "python": platform.python_version(),
        **context,
        "rows": rows,
    }
    path.write_text(json.dumps(content, indent=2) + "\n")
    print(f"written to {path}")


def _text(value):
    return f"{value:.4g}" if isinstance(value, float) else str(value)
