"""`aan-keras demo`."""

from aan_keras.commands import console

NAME = "demo"
SUMMARY = "animate the bundled portrait"
EXAMPLE = """example:
  aan-keras demo --output .
"""


def add_arguments(command):
    command.add_argument(
        "--output", default=".", metavar="FOLDER", help="default: this folder"
    )
    command.add_argument(
        "--preset",
        default=console.DEFAULT_PRESET,
        metavar="NAME|FOLDER",
        help="weights (default: %(default)s)",
    )


def run(arguments):
    console.quiet_tensorflow(arguments.debug)
    model = console.load_reenactor(arguments)
    from aan_keras.demo import write_demo

    for written in write_demo(model, arguments.output, progress=console.progress):
        console.print_written(written)
