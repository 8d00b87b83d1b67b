"""Frames per second and core of `aan-keras prepare`, and where the time goes.

Runs `prepare_dataset` in one process, on one core, and adds up processor time by stage:
decode, detect and landmarks, crop and filters, encode, and write (all the rest: records
to the work folder, from there to shards with their index, checksums, the report). GB
a core and day is what that makes of the clips' own bytes; the figure for a day of all
processors is that times their number. Memory is the resident size of the process after
each clip, the most of each third of the run: it is flat when these are equal, and
`--repeat 20` makes the run 20 times as long, by links under other names. Without
--input, the clip is the bundled portrait moving in a picture of --width x 3/4 --width,
compressed as H.264.

Example: taskset -c 0 python benchmarks/prepare.py --width 640 --repeat 10
"""

import argparse
import collections
import os
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from report import report, resident_megabytes

from aan_keras.demo import PORTRAIT
from aan_keras.faces import DlibLandmarker, VideoWriter, read_photo
from aan_keras.preparation.clip_options import ClipOptions
from aan_keras.preparation.layouts import find_clips
from aan_keras.preparation.prepare_dataset import prepare_dataset
from aan_keras.preparation.work_folder import WorkFolder


def write_moving_portrait(path, width, frames):
    photo = read_photo(PORTRAIT)
    height = width * 3 // 4
    with VideoWriter(path, fps=25) as video:
        for t in np.arange(frames) / 25:
            zoom = height / 512 * 1.2
            matrix = cv2.getRotationMatrix2D((224, 150), 4 * np.sin(2 * t), zoom)
            middle = (width / 2 + 20 * np.sin(3 * t), height / 2 + 8 * np.sin(5 * t))
            matrix[:, 2] += np.array(middle) - (224, 150)
            size, border = (width, height), cv2.BORDER_REPLICATE
            video.write(cv2.warpAffine(photo, matrix, size, borderMode=border))


def repeat(source, target, times):
    """Links to a `folders` data set's people, each under `times` names, in rounds."""
    for person in sorted(f for f in Path(source).iterdir() if f.is_dir()):
        for i in range(times):
            (target / f"{i:04d}-{person.name}").symlink_to(person.resolve())


class Watch:
    """Stands in for the progress bar: looks at each clip when it is finished."""

    def __init__(self, output):
        self.work = WorkFolder(output / "unfinished")
        self.seconds = collections.Counter()
        self.read = 0
        self.memory = []

    def __call__(self, clips, total, what):
        for clip in clips:
            statistics = self.work.statistics(clip)
            self.seconds.update(statistics.seconds)
            self.read += statistics.read
            self.memory.append(resident_megabytes())
            yield clip


def raw_bytes(clip):
    files = [clip.path] if clip.kind == "video" else clip.path.iterdir()
    return sum(f.stat().st_size for f in files if f.is_file())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--input", help="folder of clips, layout `folders`")
    parser.add_argument("--repeat", type=int, default=1, help="times, under new names")
    parser.add_argument("--width", type=int, default=640, help="of the made-up clip")
    parser.add_argument("--frames", type=int, default=250, help="of the made-up clip")
    parser.add_argument("--image-size", type=int, default=256)
    parser.add_argument("--max-frames", type=int, default=64)
    arguments = parser.parse_args()
    options = ClipOptions(
        image_size=arguments.image_size, max_frames=arguments.max_frames
    )
    # What is done once a process is no part of the figures.
    import tensorflow  # noqa: F401

    DlibLandmarker(refine=True)
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        source, target = arguments.input, folder / "clips"
        if source is None:
            source = folder / "raw"
            (source / "portrait").mkdir(parents=True)
            clip = source / "portrait" / "clip.mp4"
            write_moving_portrait(clip, arguments.width, arguments.frames)
        target.mkdir()
        repeat(source, target, arguments.repeat)
        gigabytes = sum(map(raw_bytes, find_clips("folders", target))) / 1e9
        watch = Watch(folder / "shards")
        start = time.process_time()
        words = ("folders", target, folder / "shards", options)
        content = prepare_dataset(*words, workers=0, progress=watch)
        total = time.process_time() - start
    seconds, read, memory = watch.seconds, watch.read, watch.memory
    seconds["write"] = total - sum(seconds.values())
    rows = [
        {"stage": stage, "ms a frame": 1000 * s / read, "%": 100 * s / total}
        for stage, s in [*seconds.most_common(), ("all", total)]
    ]
    thirds = [part.max() for part in np.array_split(memory, 3) if len(part)]
    a_day = gigabytes / total * 86400
    processors = os.cpu_count()
    report(
        "prepare",
        rows,
        clips=len(memory),
        frames=read,
        kept=content["frames"]["kept"],
        image_size=arguments.image_size,
        **{
            "frames/s and core": round(read / total, 1),
            "GB of clips": round(gigabytes, 4),
            "GB of clips a core and day": round(a_day, 1),
            f"GB of clips a day, {processors} cores": round(a_day * processors, 1),
            "most MB of memory in each third": [round(most) for most in thirds],
        },
    )


if __name__ == "__main__":
    main()
