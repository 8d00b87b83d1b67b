"""`aan-keras train-preset`."""

import math

from aan_keras.commands import console
from aan_keras.commands.train import ENGINES

NAME = "train-preset"
SUMMARY = "make a preset from random weights or another's"
EXAMPLE = """examples:
  aan-keras train-preset --data faces/train --output runs/aan_128
  aan-keras train-preset --data faces/train --output runs/gpu --engine jax \\
      --batch-size 32 --learning-rate 8e-4 --steps 12000 6000
  aan-keras train-preset --data faces/own --output runs/own --preset aan_128

Killed and started again it goes on. Other arguments of `train` come after --. Its steps
are commands too: train, train-background, animate-photos, average-presets.
"""


def add_arguments(command):
    command.add_argument(
        "--data",
        required=True,
        metavar="FOLDER",
        help="<identity>/<clip>/*.jpg and landmarks.npy, clips and photo sets; or "
        "shards, of which no photos are moved",
    )
    command.add_argument(
        "--output", required=True, metavar="FOLDER", help="a folder for each stage"
    )
    command.add_argument(
        "--preset",
        metavar="NAME|FOLDER",
        help="begin with these weights instead of a first run from random ones",
    )
    command.add_argument(
        "--steps",
        nargs=2,
        type=console.positive,
        default=(12000, 5000),
        metavar=("FIRST", "LATER"),
        help="of the first run, and of each later one (default: 12000 5000)",
    )
    command.add_argument(
        "--rounds",
        type=console.positive,
        default=1,
        metavar="N",
        help="how often there are later runs, each from the mean of those before; more "
        "may be asked for when all is done (default: %(default)s)",
    )
    command.add_argument(
        "--later-runs",
        type=int,
        choices=(1, 2),
        default=2,
        help="of a round, whose mean is taken (default: %(default)s)",
    )
    command.add_argument(
        "--recipe", choices=("aan_64", "aan_128", "aan_256"), default="aan_128"
    )
    command.add_argument("--batch-size", type=console.positive, default=8, metavar="N")
    command.add_argument(
        "--learning-rate",
        type=float,
        default=4e-4,
        metavar="RATE",
        help="of the first run; later ones take 3/4 of it (default: %(default)g)",
    )
    command.add_argument(
        "--sharpening",
        type=console.number_in(0, math.inf),
        default=0.05,
        metavar="AMOUNT",
        help="of the preset's frames (default: %(default)g)",
    )
    console.add_validation(command, "that no stage sees")
    command.add_argument("--seed", type=console.not_negative, default=0)
    command.add_argument("--engine", choices=ENGINES, default="tensorflow")
    command.add_argument("more", nargs="*", metavar="-- ARGUMENT", help="of `train`")


def run(arguments):
    from aan_keras.training.train_preset import train_preset

    path = train_preset(
        arguments.data,
        arguments.output,
        preset=arguments.preset,
        steps=tuple(arguments.steps),
        rounds=arguments.rounds,
        later_runs=arguments.later_runs,
        recipe=arguments.recipe,
        batch_size=arguments.batch_size,
        learning_rate=arguments.learning_rate,
        sharpening=arguments.sharpening,
        validation=console.validation_of(arguments),
        seed=arguments.seed,
        engine=arguments.engine,
        arguments=arguments.more,
    )
    print(path)
