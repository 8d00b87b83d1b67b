"""`aan-keras train`."""

import functools
import importlib.util
import json
import math
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
NETS = ("appearance_extractor", "flow_estimator", "local_net", "fusion_net")
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16", "auto")
# What a run keeps, as `train_recipe` calls it; None is its default.
SETTINGS = (
    "data",
    "steps",
    "recipe",
    "preset",
    "nets",
    "image_size",
    "width",
    "batch_size",
    "perceptual",
    "learning_rate",
    "optimizer",
    "decay",
    "validation",
    "seed",
    "checkpoint_every",
    "precision",
    "accumulate",
    "gan_weight",
    "gan_warmup",
    "gan_lead",
    "devices",
    "engine",
)


def add_arguments(command):
    command.add_argument(
        "--data",
        metavar="FOLDER",
        help="shards, or <identity>/<clip>/*.jpg and landmarks.npy",
    )
    command.add_argument("--output", required=True, metavar="FOLDER")
    command.add_argument(
        "--resume",
        action="store_true",
        help="go on with the run in --output; with --data and --steps, begin one if "
        "there is none yet. Of its settings --data and --preset (folders that were "
        "moved), --steps, --learning-rate and --decay may be others than before",
    )
    command.add_argument("--steps", type=console.positive, metavar="N")
    command.add_argument(
        "--recipe",
        choices=RECIPES,
        help="the paper's configuration, one for a few CPU cores, or a preset's "
        "(default: paper)",
    )
    command.add_argument(
        "--preset",
        metavar="NAME|FOLDER",
        help="start from these weights (and their configuration)",
    )
    command.add_argument(
        "--batch-size",
        type=console.positive,
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
        type=console.number_in(0, 1),
        metavar="SHARE",
        help="last share of the steps in which the learning rate falls to zero "
        "(default: the recipe's, .5 of the presets)",
    )
    console.add_validation(command)
    command.add_argument(
        "--checkpoint-every",
        type=console.positive,
        metavar="N",
        help="steps (default: 500)",
    )
    command.add_argument("--seed", type=console.not_negative)
    command.add_argument(
        "--precision",
        choices=PRECISIONS,
        help="auto: the fastest that this machine's GPU trains reliably in "
        "(default: float32)",
    )
    command.add_argument(
        "--accumulate",
        type=console.positive,
        metavar="N",
        help="work off a device's batch in N parts, for less memory",
    )
    command.add_argument(
        "--devices",
        type=console.positive,
        metavar="N",
        help="GPUs of this machine (several machines: set TF_CONFIG)",
    )
    command.add_argument(
        "--nets",
        nargs="+",
        choices=NETS,
        metavar="NET",
        help=f"of {', '.join(NETS)}: train these, and leave the others as they are",
    )
    command.add_argument(
        "--gan-weight", type=console.number_in(0, math.inf), metavar="WEIGHT"
    )
    command.add_argument(
        "--gan-warmup",
        nargs=2,
        type=int,
        metavar=("STEP", "RAMP"),
        help="the GAN loss begins at STEP and rises for RAMP steps",
    )
    command.add_argument(
        "--gan-lead",
        type=int,
        metavar="STEPS",
        help="the discriminators train this long before it",
    )
    command.add_argument(
        "--engine",
        choices=ENGINES,
        help="jax: one device, the whole step compiled by XLA (default: tensorflow)",
    )


def run(arguments):
    complete = arguments.data is not None and arguments.steps is not None
    if not (arguments.resume or complete):
        arguments.parser.error("--data and --steps are needed to begin a run")
    given = {name: getattr(arguments, name) for name in SETTINGS}
    given = {name: value for name, value in given.items() if value is not None}
    engine = arguments.engine or "tensorflow"
    if arguments.resume:
        engine = _engine_of(arguments.output) or engine
    os.environ["KERAS_BACKEND"] = engine
    if engine == "tensorflow":
        # TensorFlow, which reads it when imported, leaves oneDNN out where the
        # processor lacks AVX512-VNNI. Training is slower without it there; `reenact`,
        # whose batch is one frame, is faster.
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    # On any backend Keras imports TensorFlow where it is installed.
    if engine == "tensorflow" or importlib.util.find_spec("tensorflow"):
        console.quiet_tensorflow(arguments.debug)
    # Only now: it imports Keras, which asks for its backend then and never again.
    from aan_keras.training.recipe_run import holds_run, resume_recipe, train_recipe

    # At once, also where the output is a file or a pipe.
    report = functools.partial(print, flush=True)
    if arguments.resume and (holds_run(arguments.output) or not complete):
        steps = resume_recipe(arguments.output, report=report, **given)
    else:
        steps = train_recipe(output=arguments.output, report=report, **given)
    print(f"{steps} steps done: {pathlib.Path(arguments.output) / 'preset'}")


def _engine_of(output):
    """The engine of the run in a folder; None if there is none that can be read."""
    try:
        # The file of `recipe_run`, which can't be imported before the engine is known.
        kept = json.loads((pathlib.Path(output) / "command.json").read_text())
    except (OSError, ValueError):
        return None
    return kept.get("engine", "tensorflow")
