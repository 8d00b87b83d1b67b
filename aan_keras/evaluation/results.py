"""From figures of pairs to figures of methods."""

import csv
import dataclasses
import json
import pathlib

import numpy as np

from aan_keras.evaluation.frame_files import frame_path
from aan_keras.evaluation.measured_pairs import rounded
from aan_keras.evaluation.measures import MEASURES, overall
from aan_keras.evaluation.real_frames import RealFrames
from aan_keras.evaluation.table import markdown_page
from aan_keras.faces.output_file import output_file


@dataclasses.dataclass
class Evaluation:
    """Everything that tables and pages are made of.

    Args:
        output: folder of the evaluation.
        protocol: `"self"` or `"cross"`.
        pairs: list of `Pair`.
        real: `RealFrames`.
        methods: list of what is evaluated.
        measured: dict of method name to its list of records, one a pair.
        results: the content of `results.json`.
    """

    output: pathlib.Path
    protocol: str
    pairs: list
    real: RealFrames
    methods: list
    measured: dict
    results: dict


def summarize(pairs, methods, measured):
    """Means of every measure, over all pairs and for each person.

    Args:
        pairs: list of `Pair`.
        methods: list of methods, which have `name` and `weights`.
        measured: dict of method name to records, one a pair.

    Returns:
        dict: `pairs`, `people`, and `rows` with, for each method, `weights_sha256`,
        `faces_found` (of how many pairs), `measures` (`value` and the number of pairs
        it is `over`) and the same by person, the one of the source.
    """
    people = [pair.source.identity for pair in pairs]
    rows = {}
    for method in methods:
        records = measured[method.name]
        names = [
            m.name for m in MEASURES if any(m.name in record for record in records)
        ]
        rows[method.name] = {
            "weights_sha256": method.weights,
            "faces_found": sum(record["face_found"] for record in records),
            "measures": {name: _overall(name, records) for name in names},
            "people": {
                person: {
                    name: _overall(
                        name, [r for r, who in zip(records, people) if who == person]
                    )
                    for name in names
                }
                for person in sorted(set(people))
            },
        }
    return {"pairs": len(pairs), "people": len(set(people)), "rows": rows}


def figures(records, name):
    """One measure of many records, NaN where a record has none."""
    values = [record.get(name) for record in records]
    return np.array([np.nan if v is None else v for v in values], "float64")


def _overall(name, records):
    value, count = overall(name, figures(records, name))
    return {"value": rounded(value), "over": count}


def frechet_distances(output, pairs, real, methods, net, batch_size, progress):
    """FID of each method against the real frames of the pairs.

    Args:
        output: folder of the evaluation, with its pictures.
        pairs: list of `Pair`.
        real: `RealFrames`.
        methods: list of methods.
        net: callable from uint8 images to features.
        batch_size: pictures at a time.
        progress: callable `(iterable, total, what)`.

    Returns:
        dict of method name to the distance.
    """
    from aan_keras.faces import read_photo
    from aan_keras.metrics.fid import FID

    def features(load, items, what):
        starts = range(0, len(items), batch_size)
        return np.concatenate(
            [
                net(np.stack([load(i) for i in items[start : start + batch_size]]))
                for start in progress(starts, len(starts), f"FID {what}")
            ]
        )

    keys = sorted({key for pair in pairs for key in (pair.source, pair.driving)})
    true = features(real.image, keys, "real")
    distances = {}
    for method in methods:
        paths = [frame_path(output, method.name, n) for n in range(len(pairs))]
        metric = FID(net)
        metric.update_features(true, features(read_photo, paths, method.name))
        distances[method.name] = rounded(metric.result())
    return distances


def write_results(evaluation):
    """Writes `results.json`, `results.csv` and `table.md`."""
    output = evaluation.output
    with output_file(output / "results.json") as beside:
        beside.write_text(json.dumps(evaluation.results, indent=1) + "\n")
    with output_file(output / "table.md") as beside:
        beside.write_text(markdown_page(evaluation.results))
    names = [m.name for m in MEASURES if evaluation.protocol in m.protocols]
    with (
        output_file(output / "results.csv") as beside,
        open(beside, "w", newline="") as file,
    ):
        writer = csv.writer(file)
        writer.writerow(["method", "pair", "source", "driving", "face_found", *names])
        for method, records in evaluation.measured.items():
            for number, (pair, record) in enumerate(zip(evaluation.pairs, records)):
                values = [record.get(name) for name in names]
                writer.writerow(
                    [
                        method,
                        number,
                        pair.source,
                        pair.driving,
                        int(record["face_found"]),
                        *("" if value is None else value for value in values),
                    ]
                )
