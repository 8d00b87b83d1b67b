"""`aan-keras train`."""

import os
import pathlib

from aan_keras.commands import console

NAME = "train"
SUMMARY = "train on folders of face crops"
EXAMPLE = """examples:
  aan-keras train --data faces/train --output runs/first --recipe small --steps 20000
  aan-keras train --output runs/first --resume
"""


def add_arguments(command):
    command.add_argument(
        "--data", metavar="FOLDER", help="<identity>/<clip>/*.jpg and landmarks.npy"
    )
    command.add_argument("--output", required=True, metavar="FOLDER")
    command.add_argument(
        "--resume", action="store_true", help="go on with the run in --output"
    )
    command.add_argument("--steps", type=console.positive, metavar="N")
    command.add_argument(
        "--recipe",
        choices=("paper", "small"),
        default="paper",
        help="the paper's configuration, or one for a few CPU cores",
    )
    command.add_argument(
        "--preset",
        metavar="NAME|FOLDER",
        help="start from these weights (and their configuration)",
    )
    command.add_argument("--batch-size", type=console.positive, default=8, metavar="N")
    command.add_argument("--image-size", type=console.positive, metavar="PIXELS")
    command.add_argument("--width", type=console.positive, metavar="CHANNELS")
    command.add_argument(
        "--perceptual", metavar="vgg19|vgg16|identity|none|PATH", help="features"
    )
    command.add_argument("--learning-rate", type=float, metavar="RATE")
    console.add_validation(command)
    command.add_argument(
        "--checkpoint-every", type=console.positive, default=500, metavar="N"
    )
    command.add_argument("--seed", type=int, default=0)


def run(arguments):
    if not arguments.resume and (arguments.data is None or arguments.steps is None):
        arguments.parser.error("--data and --steps are needed to begin a run")
    # TensorFlow, which reads it when imported, leaves oneDNN out where the processor
    # lacks AVX512-VNNI. Training is slower without it there; `reenact`, whose batch is
    # one frame, is faster.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    console.quiet_tensorflow(arguments.debug)
    from aan_keras.training.recipes import resume_recipe, train_recipe

    if arguments.resume:
        steps = resume_recipe(arguments.output, arguments.steps)
    else:
        steps = train_recipe(
            arguments.data,
            arguments.output,
            steps=arguments.steps,
            recipe=arguments.recipe,
            preset=arguments.preset,
            image_size=arguments.image_size,
            width=arguments.width,
            batch_size=arguments.batch_size,
            perceptual=arguments.perceptual,
            learning_rate=arguments.learning_rate,
            validation=arguments.validation,
            seed=arguments.seed,
            checkpoint_every=arguments.checkpoint_every,
        )
    print(f"{steps} steps done: {pathlib.Path(arguments.output) / 'preset'}")
