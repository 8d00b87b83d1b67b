"""`aan-keras animate-photos`."""

from aan_keras.commands import console

NAME = "animate-photos"
SUMMARY = "move photos by a model, to train on more people"
EXAMPLE = """example:
  aan-keras animate-photos --data faces/train --output faces/animated
  aan-keras train --data faces/animated --output runs/second --recipe aan_128 \\
      --preset aan_128 --steps 5000 --learning-rate 3e-4
"""


def add_arguments(command):
    command.add_argument(
        "--data",
        required=True,
        metavar="FOLDER",
        help="<identity>/<clip>/*.jpg and landmarks.npy",
    )
    command.add_argument(
        "--output",
        required=True,
        metavar="FOLDER",
        help="new folder: links to the clips, and the moved photos beside them",
    )
    command.add_argument(
        "--preset",
        default=console.DEFAULT_PRESET,
        metavar="NAME|FOLDER",
        help="weights that move the photos (default: %(default)s)",
    )
    command.add_argument(
        "--per-photo",
        type=console.positive,
        default=4,
        metavar="N",
        help="frames to make of each (default: %(default)s)",
    )
    command.add_argument(
        "--cut-outs",
        type=int,
        default=0,
        metavar="N",
        help="frames to add to each, and to ten frames of each clip, in which the "
        "person is cut out and put elsewhere",
    )
    console.add_validation(command, "neither moved nor lending their motion")
    command.add_argument("--seed", type=console.not_negative, default=0)


def run(arguments):
    console.quiet_tensorflow(arguments.debug)
    model = console.load_reenactor(arguments)
    from aan_keras.animate_photos import animate_photos

    count = animate_photos(
        model,
        arguments.data,
        arguments.output,
        per_photo=arguments.per_photo,
        cut_outs=arguments.cut_outs,
        validation=console.validation_of(arguments),
        seed=arguments.seed,
        progress=lambda rows, total, what: console.progress(rows, total, what, "photo"),
    )
    print(f"{count} photos, {arguments.per_photo} frames of each: {arguments.output}")
