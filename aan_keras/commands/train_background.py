"""`aan-keras train-background`."""

import sys

from aan_keras.commands import console

NAME = "train-background"
SUMMARY = "teach a model where the person is in a photo"
EXAMPLE = """example:
  aan-keras train --data faces/train --output runs/first --recipe aan_128 --steps 10000
  aan-keras train-background --data faces/train --preset runs/first/preset \\
      --output runs/background
"""


def add_arguments(command):
    command.add_argument(
        "--data",
        required=True,
        metavar="FOLDER",
        help="shards, or <identity>/<clip>/*.jpg and landmarks.npy",
    )
    command.add_argument(
        "--preset",
        default=console.DEFAULT_PRESET,
        metavar="NAME|FOLDER",
        help="weights to begin with (default: %(default)s)",
    )
    command.add_argument(
        "--output", required=True, metavar="FOLDER", help="preset to write"
    )
    command.add_argument(
        "--steps",
        type=console.positive,
        default=5000,
        metavar="N",
        help="of sixteen photos (default: %(default)s)",
    )
    console.add_validation(command, "kept out, to measure the masks on")
    command.add_argument("--seed", type=console.not_negative, default=0)


def run(arguments):
    console.quiet_tensorflow(arguments.debug)
    model = console.load_reenactor(arguments)
    from aan_keras.training.train_background import train_background

    report = train_background(
        model,
        arguments.data,
        steps=arguments.steps,
        validation=console.validation_of(arguments),
        seed=arguments.seed,
        verbose=int(sys.stdout.isatty()),
    )
    model.save_to_preset(arguments.output)
    print(
        "intersection over union with GrabCut's masks of unseen people: "
        f"{report['before']:.3f} before, {report['after']:.3f} now"
    )
    print(arguments.output)
