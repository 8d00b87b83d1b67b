"""Videos of source, driving clip and what the methods make of them."""

import hashlib
import json

import numpy as np

from aan_keras.evaluation.measures import overall
from aan_keras.evaluation.pairs import FrameKey, Pair
from aan_keras.evaluation.results import figures
from aan_keras.evaluation.sheets import KINDS, labels, ranked_by, side_by_side
from aan_keras.faces import VideoWriter

_BATCH = 16
# Frame folders don't say how fast they were filmed.
_FPS = 25
# What says, in the results, which landmarks drive.
_LANDMARKS = ("frames_sha256", "landmarks", "landmarks_sha256")


def write_videos(evaluation, progress):
    """Writes `videos/<kind>_<source>_<driver>_<digest>.mp4`: whole clips, all methods.

    The clips are those on which the last method is best, in the middle and worst.

    Args:
        evaluation: `Evaluation`.
        progress: callable `(iterable, total, what)`.

    Returns:
        dict of path to caption; fewer than three where there are fewer clips.
    """
    folder = evaluation.output / "videos"
    folder.mkdir(exist_ok=True)
    # Other weights make another video; for the same ones nobody need wait again.
    digest = _digest(evaluation)
    written = {}
    for kind, (source, driver) in _chosen_clips(evaluation).items():
        name = f"{kind}_{source.identity}_{driver.identity}_{driver.clip}_{digest}.mp4"
        path = folder / name
        if not path.exists():
            _write_video(evaluation, source, driver, path, progress, kind)
        written[path] = (
            f"{kind}: {source.identity}/{source.clip} driven by "
            f"{driver.identity}/{driver.clip}"
        )
    for old in set(folder.glob("*.mp4")) - set(written):
        old.unlink()
    return written


def _digest(evaluation):
    depends_on = [
        [[method.name, method.weights, method.model] for method in evaluation.methods],
        [evaluation.results[key] for key in _LANDMARKS],
        evaluation.real.image_size,
    ]
    return hashlib.sha256(json.dumps(depends_on).encode()).hexdigest()[:8]


def _chosen_clips(evaluation):
    """Kind to (source frame, any frame of the driving clip)."""
    name, sign = ranked_by(evaluation.protocol)
    records = evaluation.measured[evaluation.methods[-1].name]
    groups = {}
    for pair, value in zip(evaluation.pairs, figures(records, name)):
        driver = FrameKey(pair.driving.identity, pair.driving.clip, 0)
        groups.setdefault((pair.source, driver), []).append(value)
    scores = {group: sign * overall(name, v)[0] for group, v in groups.items()}
    scores = {group: np.inf if np.isnan(s) else s for group, s in scores.items()}
    order = sorted(scores, key=scores.get)
    chosen = (order[0], order[(len(order) - 1) // 2], order[-1])
    kinds = dict(zip(KINDS, chosen))
    # With one or two clips a kind would show the same again.
    return {k: g for i, (k, g) in enumerate(kinds.items()) if g not in chosen[:i]}


def _write_video(evaluation, source, driver, path, progress, kind):
    real, methods = evaluation.real, evaluation.methods
    pairs = [
        Pair(source, FrameKey(driver.identity, driver.clip, index))
        for index in range(real.clip_length(driver))
    ]
    strip = labels(["source", "driving", *(m.name for m in methods)], real.image_size)
    starts = range(0, len(pairs), _BATCH)
    with VideoWriter(path, _FPS) as video:
        for start in progress(starts, len(starts), f"{kind} video"):
            part = pairs[start : start + _BATCH]
            batch = real.batch(part)
            columns = [batch["source"], [real.image(p.driving) for p in part]]
            columns += [method(batch) for method in methods]
            for images in zip(*columns):
                video.write(np.concatenate([strip, side_by_side(images)], 0))
