"""From a data set as it ships to a folder of shards, on one machine."""

import dataclasses
import hashlib
import json
import shutil
from pathlib import Path

from aan_keras.faces.input_error import InputError
from aan_keras.faces.output_file import output_file
from aan_keras.preparation.clip_options import ClipOptions
from aan_keras.preparation.clip_workers import run_workers
from aan_keras.preparation.layouts import find_clips
from aan_keras.preparation.work_folder import WorkFolder

SHARD_BYTES = 128_000_000
_WORK = "unfinished"
_RUN = "run.json"


@dataclasses.dataclass(frozen=True)
class Preparation:
    """What is to be prepared, and how; the same in every run on one output folder.

    Args:
        layout: see `find_clips`.
        path: folder of the data set.
        options: `ClipOptions`.
        shard_bytes: most bytes of frames and landmarks a shard.
        clips: list of `RawClip`; None: found by `layout`.
    """

    layout: str
    path: Path
    options: ClipOptions = ClipOptions()
    shard_bytes: int = SHARD_BYTES
    clips: list = None

    def __post_init__(self):
        if self.shard_bytes < 1:
            raise ValueError(
                f"`shard_bytes` must be positive. Received: {self.shard_bytes}"
            )
        object.__setattr__(self, "path", Path(self.path))
        if self.clips is None:
            object.__setattr__(self, "clips", find_clips(self.layout, self.path))

    def relative(self, path):
        """A raw clip's path inside the data set, the same wherever that lies."""
        return Path(path).relative_to(self.path).as_posix()

    def reason(self, clip, statistics):
        """Why a `RawClip` was left out, without the place where the data set lies."""
        # The folder may have had another name then; errors are kept on one line.
        path = " ".join(statistics.path.split())
        error = statistics.error.replace(f"{path} ", "")
        return error.replace(path, self.relative(clip.path))

    def report_left_out(self, clip, statistics, report):
        """Names a `RawClip` that was left out to `report`, a callable or None."""
        if report is not None:
            line = f"left out {self.relative(clip.path)}: "
            line += self.reason(clip, statistics)
            # File names need not be UTF-8, what is printed must be.
            report(line.encode("utf-8", "backslashreplace").decode())

    def to_json(self):
        """What a later run is compared with, as a dict."""
        digest = hashlib.sha256()
        for clip in self.clips:
            fields = (clip.identity, clip.name, clip.split, clip.kind)
            digest.update(
                repr((fields, self.relative(clip.path), _size(clip.path))).encode()
            )
        return {
            "layout": self.layout,
            "options": dataclasses.asdict(self.options),
            "shard_bytes": self.shard_bytes,
            "raw_clips": len(self.clips),
            "raw_clips_sha256": digest.hexdigest(),
        }


def _size(path):
    if path.is_file():
        return path.stat().st_size
    return sorted((f.name, f.stat().st_size) for f in path.iterdir() if f.is_file())


def prepare_dataset(
    layout,
    path,
    output,
    options=None,
    *,
    workers=1,
    shard_bytes=SHARD_BYTES,
    report=None,
    progress=None,
):
    """Prepares a data set: shards, `dataset.json` and `report.html`.

    Killed at any point and started again with the same arguments, it goes on where it
    was and ends with the same bytes as a run that was never interrupted; finished
    clips wait in `unfinished/` until their shard is written. Started again when all is
    done, it does nothing.

    Args:
        layout: see `find_clips`.
        path: folder of the data set.
        output: folder to make, or to go on with.
        options: `ClipOptions`; None: the defaults.
        workers: processes that prepare clips; 0 works in this one.
        shard_bytes: most bytes of frames and landmarks a shard; a single clip may have
            more.
        report: callable that takes a line of text: which clips were left out and why.
        progress: callable `(iterable, total, what)` that returns an iterable, for a
            progress bar.

    Returns:
        The content of `dataset.json`, see `write_summary`.

    Raises:
        InputError: nothing to prepare, nothing usable, or `output` holds something
            else.

    Example:

    >>> options = ClipOptions(image_size=128)
    >>> prepare_dataset("folders", "clips", "shards", options, workers=8)
    >>> dataset = aan_keras.data.load_dataset("shards", image_size=128, batch_size=8)
    """
    preparation = Preparation(layout, path, options or ClipOptions(), shard_bytes)

    def write_shards(output, folder):
        _write_shards(preparation, output, folder, workers, report, progress)

    return run_preparation(preparation, output, write_shards)


def run_preparation(preparation, output, write_shards):
    """What surrounds the making of the shards, wherever they are made.

    Args:
        preparation: `Preparation`.
        output: folder to make, or to go on with.
        write_shards: callable `(output, folder)`; the folder is a `WorkFolder`.

    Returns:
        The content of `dataset.json`.
    """
    from aan_keras.preparation.shards import remove_leftovers
    from aan_keras.preparation.summary import finished_summary, write_summary

    output = Path(output)
    done = finished_summary(output, preparation)
    if done is None:
        _begin(output, preparation.to_json())
        remove_leftovers(output)
        folder = WorkFolder(output / _WORK)
        write_shards(output, folder)
        statistics = (folder.statistics(clip) for clip in preparation.clips)
        done = write_summary(output, preparation, statistics)
    shutil.rmtree(output / _WORK, ignore_errors=True)
    return done


def _begin(output, run):
    """Claims a folder, or finds that it was begun with the same arguments."""
    path = output / _WORK / _RUN
    try:
        before = json.loads(path.read_text())
    except FileNotFoundError:
        before = None
    except ValueError:
        raise InputError(f"{path} is damaged: delete {output} and begin anew") from None
    if before is None:
        if output.exists() and set(output.iterdir()) - {output / _WORK}:
            raise InputError(
                f"{output} holds other files: choose an empty folder for --output"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        with output_file(path) as beside:
            beside.write_text(json.dumps(run, indent=2) + "\n")
    elif before != run:
        changed = [name for name in run if run[name] != before.get(name)]
        raise InputError(
            f"{output} was begun with other arguments or clips ({', '.join(changed)} "
            "changed): use the same ones, or another folder"
        )


def unfinished_clips(preparation, output, folder):
    """The clips that are neither prepared, nor left out, nor in a shard.

    Args:
        preparation: `Preparation`.
        output: folder of the shards.
        folder: `WorkFolder`.
    """
    from aan_keras.preparation.shards import shard_clips

    stored = set()
    for shard in output.glob("*.tfrecord"):
        stored.update(shard_clips(shard) or ())

    def is_finished(clip):
        statistics = folder.statistics(clip)
        return statistics is not None and (
            statistics.error is not None
            or folder.has_record(clip)
            or (clip.identity, clip.name) in stored
        )

    return [clip for clip in preparation.clips if not is_finished(clip)]


def _write_shards(preparation, output, folder, workers, report, progress):
    from aan_keras.preparation.shards import ShardPlan, store_shard

    clips = preparation.clips
    todo = unfinished_clips(preparation, output, folder)
    waiting = set(todo)
    results = run_workers(todo, preparation.options, folder, workers)
    if progress is not None and todo:
        results = progress(results, len(todo), "preparing")
    plan = ShardPlan(preparation.shard_bytes)
    position = 0

    def advance():
        """Goes on, in the order of the list, as far as clips are finished."""
        nonlocal position
        while position < len(clips) and clips[position] not in waiting:
            clip = clips[position]
            statistics = folder.statistics(clip)
            position += 1
            if statistics.error is not None:
                preparation.report_left_out(clip, statistics, report)
                continue
            complete = plan.add(clip.split, clip, statistics.num_bytes)
            if complete is not None:
                store_shard(output, folder, *complete)

    advance()
    for clip in results:
        waiting.remove(clip)
        advance()
    for complete in plan.finish():
        store_shard(output, folder, *complete)
