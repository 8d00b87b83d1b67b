"""`aan-keras evaluate`."""

import functools
import pathlib

from aan_keras.commands import console

NAME = "evaluate"
SUMMARY = "measure presets on faces: tables, pictures and a page"
EXAMPLE = """examples:
  aan-keras evaluate --data faces/train --held-out --protocol self \\
      --output evaluation/self
  aan-keras evaluate --data faces/test --preset runs/a/preset --preset runs/b/preset \\
      --protocol cross --output evaluation/cross
  aan-keras evaluate --data faces/test --pairs evaluation/cross/pairs.json \\
      --output evaluation/again

An interrupted evaluation goes on when it is called again.
"""


def add_arguments(command):
    command.add_argument(
        "--data",
        required=True,
        metavar="FOLDER",
        help="output of `prepare`, or <identity>/<clip>/*.jpg and landmarks.npy",
    )
    command.add_argument("--output", required=True, metavar="FOLDER")
    command.add_argument(
        "--preset",
        action="append",
        metavar="NAME|FOLDER|ROW=FOLDER",
        help=f"weights, again for several (default: {console.DEFAULT_PRESET})",
    )
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--protocol",
        choices=("self", "cross"),
        help="driven by the same person, or by others",
    )
    what.add_argument(
        "--pairs", metavar="pairs.json", help="repeat the pairs of an evaluation"
    )
    command.add_argument(
        "--held-out",
        nargs="*",
        type=int,
        metavar="N",
        help="only the people that `train` leaves out; after --validation VIDEOS "
        "PHOTOS, with the same two numbers",
    )
    command.add_argument(
        "--frames",
        type=console.positive,
        default=16,
        metavar="N",
        help="driving frames of each clip (default: %(default)s)",
    )
    command.add_argument(
        "--drivers",
        type=console.positive,
        default=2,
        metavar="N",
        help="people that drive each source in cross pairs (default: %(default)s)",
    )
    command.add_argument(
        "--landmarks",
        choices=("absolute", "relative", "transform"),
        default="absolute",
        help="how another person's landmarks are applied (default: %(default)s)",
    )
    command.add_argument("--image-size", type=console.positive, metavar="PIXELS")
    command.add_argument(
        "--networks",
        metavar="FOLDER",
        help="arcface.onnx, lpips.onnx, InceptionV3 weights: further measures",
    )
    command.add_argument(
        "--openface",
        metavar="FOLDER",
        help="driving.csv and <row>.csv of OpenFace, for poses and action units",
    )
    command.add_argument("--batch-size", type=console.positive, default=16, metavar="N")
    command.add_argument("--seed", type=console.not_negative, default=0)


def run(arguments):
    if len(arguments.held_out or ()) not in (0, 2):
        arguments.parser.error("--held-out takes two numbers, as --validation, or none")
    console.quiet_tensorflow(arguments.debug)
    from aan_keras.data import split_identities
    from aan_keras.data.split import default_validation
    from aan_keras.evaluation import evaluate
    from aan_keras.faces.input_error import InputError

    identities = None
    if arguments.held_out is not None:
        counts = tuple(arguments.held_out) or default_validation(arguments.data)
        identities = split_identities(arguments.data, counts)[1]
        if not identities:
            raise InputError(
                f"of the few people in {arguments.data} `train` leaves nobody out: "
                "evaluate on others, without --held-out"
            )
    evaluate(
        arguments.data,
        arguments.output,
        protocol=arguments.protocol,
        presets=arguments.preset or [console.DEFAULT_PRESET],
        frames=arguments.frames,
        drivers=arguments.drivers,
        seed=arguments.seed,
        pairs=arguments.pairs,
        identities=identities,
        landmarks=arguments.landmarks,
        image_size=arguments.image_size,
        networks=arguments.networks,
        openface=arguments.openface,
        batch_size=arguments.batch_size,
        report=print,
        progress=functools.partial(console.progress, unit="batch"),
    )
    output = pathlib.Path(arguments.output)
    print((output / "table.md").read_text(), end="")
    print(output / "report.html")
