"""Pictures of the best, middle and worst pairs of a method."""

import numpy as np

from aan_keras.evaluation.frame_files import frame_path
from aan_keras.evaluation.results import figures
from aan_keras.faces import read_photo, write_photo

KINDS = ("best", "median", "worst")
_LABEL_HEIGHT = 18
_GAP = 2


def ranked_by(protocol):
    """The measure that decides which pairs are shown: `(name, sign)`."""
    return ("l1", 1) if protocol == "self" else ("csim", -1)


def rank(evaluation, method):
    """Places of all pairs from best to worst; a missing face is worse than any."""
    name, sign = ranked_by(evaluation.protocol)
    records = evaluation.measured[method.name]
    scores = sign * figures(records, name)
    lost = np.array([not record["face_found"] for record in records])
    scores = np.where(np.isnan(scores) | lost, np.inf, scores)
    return np.argsort(scores, kind="stable")


def choose(order, groups, count):
    """`count` places for each of `KINDS`, of different clips as far as there are any.

    Args:
        order: places from best to worst.
        groups: the clip of each place.
        count: how many places a kind has.

    Returns:
        dict of kind to list of places; the best and the worst come first.
    """
    order = [int(place) for place in order]
    middle = len(order) // 2
    outwards = sorted(range(len(order)), key=lambda i: (abs(i - middle), i))
    candidates = (order, [order[i] for i in outwards], order[::-1])
    return {
        kind: _different(places, groups, count)
        for kind, places in zip(KINDS, candidates)
    }


def _different(places, groups, count):
    """The first places of `count` groups, filled up with what comes first."""
    first = {}
    for place in places:
        first.setdefault(groups[place], place)
    chosen = list(first.values())[:count]
    rest = [place for place in places if place not in chosen]
    return chosen + rest[: count - len(chosen)]


def write_sheets(evaluation, count=4):
    """Writes `sheets/<method>_<kind>.png` for every method that has learned.

    A line is a pair: source, driving frame, and what each method makes of them.

    Args:
        evaluation: `Evaluation`.
        count: lines a sheet.

    Returns:
        dict of `(method, kind)` to path; floors alone get sheets if nothing else is
        there.
    """
    folder = evaluation.output / "sheets"
    folder.mkdir(exist_ok=True)
    shown = [method for method in evaluation.methods if method.weights]
    clips = [
        (pair.source, pair.driving.identity, pair.driving.clip)
        for pair in evaluation.pairs
    ]
    written = {}
    for method in shown or evaluation.methods:
        chosen = choose(rank(evaluation, method), clips, count)
        for kind, numbers in chosen.items():
            path = folder / f"{method.name}_{kind}.png"
            write_photo(path, sheet(evaluation, numbers))
            written[method.name, kind] = path
    return written


def sheet(evaluation, numbers):
    """uint8 `[h, w, 3]`: one line a pair, with names on top."""
    names = ["source", "driving", *(m.name for m in evaluation.methods)]
    size = evaluation.real.image_size
    lines = [labels(names, size)]
    for number in numbers:
        pair = evaluation.pairs[number]
        images = [evaluation.real.image(pair.source)]
        images.append(evaluation.real.image(pair.driving))
        images += [
            read_photo(frame_path(evaluation.output, method.name, number))
            for method in evaluation.methods
        ]
        lines.append(side_by_side(images))
    return np.concatenate(lines, 0)


def side_by_side(images):
    """Images of one height in a row, white between and below them."""
    padded = [
        np.pad(image, ((0, _GAP), (0, _GAP), (0, 0)), constant_values=255)
        for image in images
    ]
    return np.concatenate(padded, 1)


def labels(names, size):
    """A white strip with a name over each of the images that follow."""
    import cv2

    strip = np.full((_LABEL_HEIGHT, (size + _GAP) * len(names), 3), 255, "uint8")
    for i, name in enumerate(names):
        scale = 0.42
        width = cv2.getTextSize(name, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)[0][0]
        scale *= min(1, (size - 4) / max(width, 1))
        place = (i * (size + _GAP) + 2, _LABEL_HEIGHT - 5)
        cv2.putText(
            strip,
            name,
            place,
            cv2.FONT_HERSHEY_SIMPLEX,
            scale,
            (0, 0, 0),
            1,
            cv2.LINE_AA,
        )
    return strip
