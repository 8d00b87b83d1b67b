"""The paper's evaluation, from data to a page."""

import hashlib
import importlib.metadata
import json
import pathlib

from aan_keras.data import open_clips
from aan_keras.data.dataset_file import is_shard_folder, read_dataset_file
from aan_keras.evaluation.face_analysis import FaceAnalysis
from aan_keras.evaluation.frame_files import DRIVING, frame_path
from aan_keras.evaluation.measured_pairs import MeasuredPairs
from aan_keras.evaluation.measures import measure_pairs
from aan_keras.evaluation.methods import FLOORS, make_methods
from aan_keras.evaluation.networks import find_networks
from aan_keras.evaluation.openface_files import replace_by_openface
from aan_keras.evaluation.pairs import make_pairs, read_pairs, write_pairs
from aan_keras.evaluation.real_frames import RealFrames
from aan_keras.evaluation.report import write_report
from aan_keras.evaluation.results import (
    Evaluation,
    frechet_distances,
    summarize,
    write_results,
)
from aan_keras.faces import InputError, write_photo
from aan_keras.models.preset import find_preset

# Raised when a figure's definition changes, so that older ones are measured again.
_MEASURES_VERSION = 1


def evaluate(
    data,
    output,
    *,
    protocol=None,
    presets=("aan_128",),
    floors=FLOORS,
    frames=16,
    drivers=2,
    seed=0,
    pairs=None,
    identities=None,
    landmarks="absolute",
    image_size=None,
    networks=None,
    openface=None,
    batch_size=16,
    report=None,
    progress=None,
):
    """Evaluates presets beside the floors and writes tables, pictures and a page.

    `output` holds `pairs.json` (what was paired), `results.json`, `results.csv` (every
    pair), `table.md`, `report.html` (everything in one file), `sheets/`, `videos/`,
    `frames/<method>/<pair>.png` and `measures/`. Called again with the same arguments
    it goes on where it was interrupted and measures nothing twice; a finished folder
    gives the same `results.json`, byte for byte, and so does a new one.

    Args:
        data: folder that `aan-keras prepare` wrote, or one of frame folders (see
            `aan_keras.data.open_clips`). Of prepared data the split "test" is used if
            there is one and neither `identities` nor `pairs` are named.
        output: folder; created if missing.
        protocol: `"self"` or `"cross"`; None: that of `pairs`.
        presets: names or folders; `NAME=FOLDER` names the table's row.
        floors: which of `"copy"` (the source unchanged) and `"warp"` (thin-plate
            spline between the landmarks) are evaluated too.
        frames, drivers, seed: see `make_pairs`.
        pairs: path of a `pairs.json` to repeat instead.
        identities: names to use; None: all.
        landmarks: one of `LANDMARK_MODES`: how the driver's landmarks are brought into
            the source's crop in cross pairs.
        image_size: side of all pictures; None: the largest of the presets'.
        networks: folder of optional weights, see `find_networks`.
        openface: folder with OpenFace's tables, see `replace_by_openface`.
        batch_size: pairs at a time.
        report: callable that takes a line of text.
        progress: callable `(iterable, total, what)` that returns an iterable.

    Returns:
        The content of `results.json`.
    """
    report = report or (lambda line: None)
    progress = progress or (lambda iterable, total, what: iterable)
    output = pathlib.Path(output)
    clips = _open(data, identities, every_split=pairs is not None)
    if pairs is None:
        if protocol is None:
            raise ValueError("`protocol` or `pairs` is needed. Received: neither")
        listed = make_pairs(clips, protocol, frames, drivers, seed)
    else:
        written, listed = read_pairs(pairs, clips)
        if protocol not in (None, written):
            raise InputError(
                f"{pairs} holds {written} pairs: leave --protocol out, or give others"
            )
        protocol = written
    # What is wrong with presets or networks must show before an hour of work.
    methods, image_size = make_methods(presets, image_size, floors)
    for line in _overlap(presets, listed):
        report(line)
    found = find_networks(networks)
    for line in found.skipped:
        report(line)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot write {output}: {error.strerror}: choose another folder"
        ) from None
    content = write_pairs(output / "pairs.json", protocol, listed, clips)

    real = RealFrames(clips, image_size, landmarks)
    setting = {
        "library": importlib.metadata.version("aan_keras"),
        "measures": _MEASURES_VERSION,
        "protocol": protocol,
        "image_size": image_size,
        "landmarks": landmarks if protocol == "cross" else "the driving frame's own",
        "landmarks_sha256": _landmark_weights(protocol, landmarks),
        "pairs_sha256": _digest(content["pairs"]),
        "frames_sha256": content["frames_sha256"],
        "arcface": found.arcface is not None,
        "lpips": found.lpips is not None,
    }
    measurement = _Measurement(
        output, protocol, listed, real, found, batch_size, progress
    )
    measured = {}
    for method in methods:
        origin = {**setting, "weights_sha256": method.weights, "model": method.model}
        records = measurement(method, origin)
        measured[method.name] = [records[number] for number in range(len(listed))]
    if openface is not None:
        measured = replace_by_openface(openface, listed, measured)
    results = {
        **setting,
        "openface": openface is not None,
        **summarize(listed, methods, measured),
        "skipped": list(found.skipped),
    }
    if found.inception is not None:
        distances = frechet_distances(
            output, listed, real, methods, found.inception, batch_size, progress
        )
        for name, value in distances.items():
            results["rows"][name]["fid"] = value
    evaluation = Evaluation(output, protocol, listed, real, methods, measured, results)
    write_results(evaluation)
    write_report(evaluation, progress)
    return results


class _Measurement:
    """Generates and measures what is not measured yet, batch by batch."""

    def __init__(self, output, protocol, pairs, real, networks, batch_size, progress):
        self.output, self.protocol, self.pairs = output, protocol, pairs
        self.real, self.networks = real, networks
        self.batch_size, self.progress = batch_size, progress
        self._analysis = None

    def __call__(self, method, origin):
        records = MeasuredPairs(
            self.output / "measures" / f"{method.name}.jsonl", origin
        )
        batches = [
            range(start, min(start + self.batch_size, len(self.pairs)))
            for start in range(0, len(self.pairs), self.batch_size)
        ]
        # Whole batches, since the last bits of a network's result may depend on the
        # batch that a picture is in.
        left = [batch for batch in batches if not self._is_done(method, records, batch)]
        for batch in self.progress(left, len(left), method.name):
            self._measure(method, records, list(batch))
        return records

    def _is_done(self, method, records, batch):
        return all(
            n in records and frame_path(self.output, method.name, n).is_file()
            for n in batch
        )

    def _measure(self, method, records, numbers):
        if self._analysis is None:
            self._analysis = FaceAnalysis(arcface=self.networks.arcface)
            self.real.analyse(
                self.pairs, self._analysis, self.batch_size, self.progress
            )
        pairs = [self.pairs[number] for number in numbers]
        images = method(self.real.batch(pairs))
        known = self.real.known(pairs)
        for name, pictures in ((method.name, images), (DRIVING, known["driving"])):
            for number, picture in zip(numbers, pictures):
                path = frame_path(self.output, name, number)
                path.parent.mkdir(parents=True, exist_ok=True)
                write_photo(path, picture)
        faces = self._analysis(images)
        values = measure_pairs(self.protocol, images, faces, known, self.networks.lpips)
        records.forget(numbers)
        records.add(numbers, faces.found, values)


def _open(data, identities, every_split):
    split = "train"
    if identities is None and every_split:
        split = None
    elif identities is None and is_shard_folder(data):
        splits = read_dataset_file(data)["splits"]
        if splits.get("test", {}).get("identities"):
            split = "test"
    return open_clips(data, identities, split)


def _landmark_weights(protocol, landmarks):
    """SHA-256 of the shipped landmark transformer's weights, where it is used."""
    if protocol == "self" or landmarks != "transform":
        return None
    config = (find_preset("landmarks") / "config.json").read_text()
    return json.loads(config)["weights_sha256"]


def _overlap(presets, pairs):
    """Lines on people that a preset was trained on, where its run says so."""
    people = {key.identity for pair in pairs for key in (pair.source, pair.driving)}
    for preset in presets:
        folder = pathlib.Path(str(preset).rpartition("=")[2])
        run = folder.parent / "run.json"
        if folder.is_dir() and run.is_file():
            trained = set(json.loads(run.read_text()).get("identities", ()))
            both = sorted(people & trained)
            if both:
                yield (
                    f"warning: {preset} was trained on {len(both)} of these "
                    f"{len(people)} people ({', '.join(both[:3])}, ...): figures on "
                    "them say little about others"
                )


def _digest(content):
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
