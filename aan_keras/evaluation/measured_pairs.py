"""What has been measured of one method, on disk: an evaluation goes on from there."""

import json
import math
import pathlib

# Places kept of a figure: enough for every table, and few enough that the last bits of
# a processor's arithmetic don't show.
_DECIMALS = 6


class MeasuredPairs:
    """A file of one JSON line a pair, behind a line that says what they depend on.

    Args:
        path: the `.jsonl` file.
        origin: dict of what the figures depend on. A file with another one is begun
            anew.
    """

    def __init__(self, path, origin):
        self.path = pathlib.Path(path)
        self._records = {}
        lines = []
        if self.path.exists():
            lines = self.path.read_text().splitlines()
        kept = [_parse(line) for line in lines]
        if kept and kept[0] == {"origin": origin}:
            # The last line of a killed run may be cut off.
            self._records = {r["pair"]: r for r in kept[1:] if r and "pair" in r}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path, "w") as file:
            for record in [{"origin": origin}, *self._records.values()]:
                file.write(json.dumps(record) + "\n")

    def __contains__(self, number):
        return number in self._records

    def __getitem__(self, number):
        return self._records[number]

    def add(self, numbers, found, values):
        """Adds the figures of some pairs.

        Args:
            numbers: the pairs' places in the list.
            found: bool for each: a face was found in the output.
            values: dict of arrays, NaN where a pair has no figure.
        """
        with open(self.path, "a") as file:
            for row, number in enumerate(numbers):
                record = {"pair": number, "face_found": bool(found[row])}
                record.update({k: rounded(v[row]) for k, v in values.items()})
                self._records[number] = record
                file.write(json.dumps(record) + "\n")

    def forget(self, numbers):
        """Leaves pairs out, to be measured again."""
        for number in numbers:
            self._records.pop(number, None)


def rounded(value):
    """A float for JSON: six places, None for NaN."""
    value = float(value)
    return None if math.isnan(value) else round(value, _DECIMALS)


def _parse(line):
    try:
        return json.loads(line)
    except ValueError:
        return None
