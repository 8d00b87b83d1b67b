"""`aan-keras average-presets`."""

from aan_keras.commands import console

NAME = "average-presets"
SUMMARY = "take the mean of several runs' weights"
EXAMPLE = """example:
  aan-keras average-presets --presets runs/second/preset runs/third/preset \\
      --output runs/mean --sharpening 0.1
"""


def add_arguments(command):
    command.add_argument(
        "--presets",
        nargs="+",
        required=True,
        metavar="NAME|FOLDER",
        help="of runs that began at the same weights",
    )
    command.add_argument(
        "--shares",
        nargs="+",
        type=float,
        metavar="NUMBER",
        help="one for each preset (default: all alike)",
    )
    command.add_argument(
        "--sharpening",
        type=float,
        metavar="AMOUNT",
        help="of the new preset (default: the first preset's)",
    )
    command.add_argument(
        "--output", required=True, metavar="FOLDER", help="preset to write"
    )


def run(arguments):
    console.quiet_tensorflow(arguments.debug)
    from aan_keras.models.average_presets import average_presets
    from aan_keras.models.reenactor import Reenactor

    overrides = {}
    if arguments.sharpening is not None:
        overrides["sharpening"] = arguments.sharpening
    model = average_presets(Reenactor, arguments.presets, arguments.shares, **overrides)
    model.save_to_preset(arguments.output)
    print(arguments.output)
