"""Frames per second and core of `aan-keras prepare`, and where the time goes.

Prepares one clip after the other on one core and adds up processor time by stage:
decode, detect and landmarks, crop and filters, encode, and write (records to the work
folder, from there to shards with their index). GB a core and day is what that makes of
the clips' own bytes. Without --input, the clip is the bundled portrait moving in a
picture of --width x 3/4 --width, compressed as H.264.

Example: python benchmarks/prepare.py --width 640
"""

import argparse
import collections
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from report import report

from aan_keras.demo import PORTRAIT
from aan_keras.faces import DlibLandmarker, VideoWriter, read_photo
from aan_keras.preparation.clip_options import ClipOptions
from aan_keras.preparation.layouts import find_clips
from aan_keras.preparation.prepare_clip import prepare_clip
from aan_keras.preparation.shards import write_shard
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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--input", help="folder of clips, layout `folders`")
    parser.add_argument("--width", type=int, default=640, help="of the made-up clip")
    parser.add_argument("--frames", type=int, default=250, help="of the made-up clip")
    parser.add_argument("--image-size", type=int, default=256)
    parser.add_argument("--max-frames", type=int, default=64)
    arguments = parser.parse_args()
    options = ClipOptions(
        image_size=arguments.image_size, max_frames=arguments.max_frames
    )
    landmarker = DlibLandmarker(refine=True)
    cv2.setNumThreads(1)
    seconds, read, raw_bytes, records = collections.Counter(), 0, 0, []
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        path = folder / "raw"
        if arguments.input is None:
            (path / "portrait").mkdir(parents=True)
            clip = path / "portrait" / "clip.mp4"
            write_moving_portrait(clip, arguments.width, arguments.frames)
        work = WorkFolder(folder / "work")
        clips = find_clips("folders", arguments.input or path)
        for clip in clips:
            record, statistics = prepare_clip(clip, options, landmarker)
            seconds.update(statistics.seconds)
            read += statistics.read
            files = [clip.path] if clip.kind == "video" else clip.path.iterdir()
            raw_bytes += sum(f.stat().st_size for f in files if f.is_file())
            start = time.process_time()
            work.save(clip, record, statistics)
            if record is not None:
                records.append(work.record(clip))
            seconds["write"] += time.process_time() - start
        import tensorflow  # noqa: F401  (its import is no part of the writing)

        write_shard(folder / "first.tfrecord", records[:1])
        start = time.process_time()
        write_shard(folder / "shard.tfrecord", records)
        seconds["write"] += time.process_time() - start
    total = sum(seconds.values())
    rows = [
        {"stage": stage, "ms a frame": 1000 * s / read, "%": 100 * s / total}
        for stage, s in [*seconds.most_common(), ("all", total)]
    ]
    report(
        "prepare",
        rows,
        clips=len(clips),
        frames=read,
        image_size=arguments.image_size,
        **{
            "frames/s and core": round(read / total, 1),
            "GB of clips a core and day": round(raw_bytes / total * 86400 / 1e9, 1),
        },
    )


if __name__ == "__main__":
    main()
