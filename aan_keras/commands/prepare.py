"""`aan-keras prepare`."""

import os
import sys

from aan_keras.commands import console

NAME = "prepare"
SUMMARY = "cut face crops with landmarks out of a data set's clips"
EXAMPLE = """layouts, as the data sets ship:
  voxceleb       id10xxx/<video>/<segment>.mp4
  faceforensics  original_sequences/youtube/<c23|c40|raw>/videos/*.mp4
  celebdf        Celeb-real/, YouTube-real/ and List_of_testing_videos.txt
  folders        <identity>/<clip>.mp4 (or mpg, mov, avi, webm, mkv),
                 <identity>/<clip>/<frames>, photos in <identity>/ or <identity>/p0/

example:
  aan-keras prepare --layout folders --input clips --output shards --image-size 128
  aan-keras train --data shards --output runs/first --recipe small --steps 20000

Stopped or killed, it goes on where it was when started again with the same arguments.

on a cluster (Apache Beam; options of the runner after `--`):
  aan-keras prepare --layout voxceleb --input /mnt/vox --output /mnt/shards \\
      --runner FlinkRunner -- --flink_master=host:8081 --parallelism=64
"""


def add_arguments(command):
    command.add_argument(
        "--layout",
        required=True,
        choices=("voxceleb", "faceforensics", "celebdf", "folders"),
    )
    command.add_argument("--input", required=True, metavar="FOLDER")
    command.add_argument("--output", required=True, metavar="FOLDER")
    command.add_argument(
        "--image-size",
        type=console.positive,
        default=256,
        metavar="PIXELS",
        help="side of the crops (default: 256)",
    )
    command.add_argument(
        "--max-frames",
        type=console.positive,
        default=64,
        metavar="N",
        help="frames of a clip, evenly over its length (default: 64)",
    )
    command.add_argument(
        "--min-frames",
        type=console.positive,
        default=2,
        metavar="N",
        help="clips with fewer usable frames are left out (default: 2)",
    )
    command.add_argument(
        "--min-face",
        type=float,
        metavar="PIXELS",
        help="least width of a face (default: a quarter of --image-size)",
    )
    command.add_argument(
        "--blur",
        type=float,
        default=20.0,
        metavar="VARIANCE",
        help="least sharpness of a face (default: 20)",
    )
    command.add_argument(
        "--workers",
        type=console.positive,
        metavar="N",
        help="processes (default: one a processor)",
    )
    command.add_argument(
        "--shard-megabytes",
        type=console.positive,
        default=128,
        metavar="MB",
        help="size of a shard at most (default: 128)",
    )
    command.add_argument(
        "--runner",
        metavar="NAME",
        help="prepare by this runner of Apache Beam instead of local processes",
    )
    command.add_argument(
        "beam_options", nargs="*", metavar="BEAM_OPTION", help="options of the runner"
    )


def run(arguments):
    from aan_keras.preparation.clip_options import ClipOptions

    if arguments.beam_options and arguments.runner is None:
        arguments.parser.error(
            f"unrecognized arguments: {' '.join(arguments.beam_options)}"
        )
    try:
        options = ClipOptions(
            image_size=arguments.image_size,
            max_frames=arguments.max_frames,
            min_frames=arguments.min_frames,
            min_face=arguments.min_face,
            blur=arguments.blur,
        )
    except ValueError as error:
        arguments.parser.error(str(error))
    console.quiet_tensorflow(arguments.debug)
    words = (arguments.layout, arguments.input, arguments.output, options)
    settings = {
        "shard_bytes": arguments.shard_megabytes * 1_000_000,
        "report": lambda line: print(line, file=sys.stderr),
    }
    if arguments.runner is not None:
        from aan_keras.preparation.beam_pipeline import prepare_with_beam

        content = prepare_with_beam(
            *words,
            runner=arguments.runner,
            beam_options=arguments.beam_options,
            **settings,
        )
    else:
        from aan_keras.preparation.prepare_dataset import prepare_dataset

        workers = arguments.workers or _processors()
        content = prepare_dataset(
            *words, workers=workers, progress=_progress, **settings
        )
    for split, part in content["splits"].items():
        print(
            f"{split}: {len(part['identities'])} identities, {part['clips']} clips, "
            f"{part['frames']} frames in {len(part['shards'])} shards"
        )
    frames = content["frames"]
    print(f"{frames['kept']} of {frames['read']} frames kept: {arguments.output}")


def _processors():
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _progress(iterable, total, what):
    return console.progress(iterable, total, what, unit="clip")
