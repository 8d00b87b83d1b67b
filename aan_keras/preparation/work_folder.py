"""Finished clips of a preparation that is not finished yet."""

import dataclasses
import hashlib
import json
import os
from pathlib import Path

from aan_keras.faces.output_file import output_file
from aan_keras.preparation.clip_record import ClipRecord, ClipStatistics


class WorkFolder:
    """A folder with one `.json` (statistics) and one `.npz` (record) a clip.

    Each file appears only when it is whole, the statistics after the record, so that
    a clip is finished or not begun whenever the process is killed.

    Args:
        path: the folder; made when something is saved.
    """

    def __init__(self, path):
        self.path = Path(path)

    def save(self, clip, record, statistics):
        """Stores what `prepare_clip` returned for a `RawClip`."""
        target = self._file(clip, ".json")
        target.parent.mkdir(parents=True, exist_ok=True)
        if record is not None:
            with output_file(self._file(clip, ".npz")) as beside:
                beside.write_bytes(record.to_bytes())
        with output_file(target) as beside:
            beside.write_text(json.dumps(dataclasses.asdict(statistics)))

    def statistics(self, clip):
        """The `ClipStatistics` of a clip, or None when it is not finished."""
        try:
            return ClipStatistics(**json.loads(self._file(clip, ".json").read_text()))
        except FileNotFoundError:
            return None

    def has_record(self, clip):
        """Whether the clip's record is here (and not yet in a shard)."""
        return self._file(clip, ".npz").is_file()

    def record(self, clip):
        """The `ClipRecord` of a clip."""
        return ClipRecord.from_bytes(self._file(clip, ".npz").read_bytes())

    def discard_record(self, clip):
        """Frees the disk space of a clip that is in a shard now."""
        self._file(clip, ".npz").unlink(missing_ok=True)

    def _file(self, clip, suffix):
        # Names of people and clips may hold what a file name may not.
        name = hashlib.sha256(os.fsencode(f"{clip.identity}\0{clip.name}")).hexdigest()
        return self.path / name[:2] / (name[2:] + suffix)
