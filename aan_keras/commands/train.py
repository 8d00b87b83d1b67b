"""`aan-keras train`."""

import functools
import os
import pathlib

from aan_keras.commands import console

NAME = "train"
SUMMARY = "train on folders of face crops"
EXAMPLE = """examples:
  aan-keras train --data faces/train --output runs/first --recipe small --steps 20000
  aan-keras train --output runs/first --resume
  aan-keras train --data faces/train --output runs/large --recipe aan_256 \\
      --steps 200000 --batch-size 64 --devices 4 --accumulate 2 \\
      --precision mixed_bfloat16
  aan-keras train --data faces/train --output runs/jax --recipe aan_128 --engine jax \\
      --steps 12000 --batch-size 32
"""
RECIPES = ("paper", "small", "aan_64", "aan_128", "aan_256")
ENGINES = ("tensorflow", "jax")
OPTIMIZERS = ("adam", "muon")
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16", "auto")


def add_arguments(command):
    command.add_argument(
        "--data", metavar="FOLDER", help="<identity>/<clip>/*.jpg and landmarks.npy"
    )
    command.add_argument("--output", required=True, metavar="FOLDER")
    command.add_argument(
        "--resume",
        action="store_true",
        help="go on with the run in --output; with --data and --steps, begin one if "
        "there is none yet",
    )
    command.add_argument("--steps", type=console.positive, metavar="N")
    command.add_argument(
        "--recipe",
        choices=RECIPES,
        default="paper",
        help="the paper's configuration, one for a few CPU cores, or a preset's",
    )
    command.add_argument(
        "--preset",
        metavar="NAME|FOLDER",
        help="start from these weights (and their configuration)",
    )
    command.add_argument(
        "--batch-size",
        type=console.positive,
        default=8,
        metavar="N",
        help="pairs a step, of all devices together (default: 8)",
    )
    command.add_argument("--image-size", type=console.positive, metavar="PIXELS")
    command.add_argument("--width", type=console.positive, metavar="CHANNELS")
    command.add_argument(
        "--perceptual", metavar="vgg19|vgg16|identity|none|PATH", help="features"
    )
    command.add_argument("--learning-rate", type=float, metavar="RATE")
    command.add_argument(
        "--optimizer",
        choices=OPTIMIZERS,
        help="the generator's (default: adam); muon wants higher rates",
    )
    command.add_argument(
        "--decay",
        type=float,
        metavar="SHARE",
        help="last share of the steps in which the learning rate falls to zero "
        "(default: the recipe's, .5 of the presets)",
    )
    console.add_validation(command)
    command.add_argument(
        "--checkpoint-every", type=console.positive, default=500, metavar="N"
    )
    command.add_argument("--seed", type=int, default=0)
    command.add_argument(
        "--precision",
        choices=PRECISIONS,
        default="float32",
        help="auto: the fastest that this machine's GPU trains reliably in "
        "(default: float32)",
    )
    command.add_argument(
        "--accumulate",
        type=console.positive,
        default=1,
        metavar="N",
        help="work off a device's batch in N parts, for less memory",
    )
    command.add_argument(
        "--devices",
        type=console.positive,
        default=1,
        metavar="N",
        help="GPUs of this machine (several machines: set TF_CONFIG)",
    )
    command.add_argument("--gan-weight", type=float, metavar="WEIGHT")
    command.add_argument(
        "--gan-warmup",
        nargs=2,
        type=int,
        default=(0, 0),
        metavar=("STEP", "RAMP"),
        help="the GAN loss begins at STEP and rises for RAMP steps",
    )
    command.add_argument(
        "--gan-lead",
        type=int,
        default=0,
        metavar="STEPS",
        help="the discriminators train this long before it",
    )
    command.add_argument(
        "--engine",
        choices=ENGINES,
        default="tensorflow",
        help="jax: one device, the whole step compiled by XLA",
    )


def run(arguments):
    complete = arguments.data is not None and arguments.steps is not None
    if not (arguments.resume or complete):
        arguments.parser.error("--data and --steps are needed to begin a run")
    from aan_keras.training.recipe_run import (
        engine_of,
        holds_run,
        resume_recipe,
        train_recipe,
    )

    engine = engine_of(arguments.output) if arguments.resume else None
    engine = engine or arguments.engine
    os.environ["KERAS_BACKEND"] = engine
    if engine == "tensorflow":
        # TensorFlow, which reads it when imported, leaves oneDNN out where the
        # processor lacks AVX512-VNNI. Training is slower without it there; `reenact`,
        # whose batch is one frame, is faster.
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
        console.quiet_tensorflow(arguments.debug)

    # At once, also where the output is a file or a pipe.
    report = functools.partial(print, flush=True)
    if arguments.resume and (holds_run(arguments.output) or not complete):
        steps = resume_recipe(arguments.output, arguments.steps, report)
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
            optimizer=arguments.optimizer,
            decay=arguments.decay,
            validation=arguments.validation,
            seed=arguments.seed,
            checkpoint_every=arguments.checkpoint_every,
            precision=arguments.precision,
            accumulate=arguments.accumulate,
            gan_weight=arguments.gan_weight,
            gan_warmup=arguments.gan_warmup,
            gan_lead=arguments.gan_lead,
            devices=arguments.devices,
            engine=engine,
            report=report,
        )
    print(f"{steps} steps done: {pathlib.Path(arguments.output) / 'preset'}")
