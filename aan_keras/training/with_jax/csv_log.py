"""The log of a run as a CSV file."""

import csv
import os
from pathlib import Path


class CSVLog:
    """Rows of a CSV file, whole after each of them.

    Rows beyond `first_step`, left by a session that stopped after its last checkpoint,
    are removed: steps in the file always rise.

    Args:
        path: the file.
        first_step: steps done before this session.
    """

    def __init__(self, path, first_step=0):
        self.path = Path(path)
        self.rows = []
        if self.path.exists():
            with open(self.path, newline="") as file:
                rows = list(csv.DictReader(file))
            self.rows = [row for row in rows if int(row["step"]) <= first_step]

    def write(self, row):
        """Adds a row: dict with `step`, an integer, and floats."""
        self.rows.append({k: v if k == "step" else f"{v:.6g}" for k, v in row.items()})
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_name(self.path.name + ".partial")
        with open(temporary, "w", newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(self.rows)
        os.replace(temporary, self.path)
