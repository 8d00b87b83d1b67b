"""`aan-keras ablate`."""

import functools
import os
import pathlib

from aan_keras.commands import console

NAME = "ablate"
SUMMARY = "train the model without one of its parts, and compare"
EXAMPLE = """example:
  aan-keras ablate --data faces/train --output ablation --steps 5000 --seeds 0 1

Every variant and seed is a training run of its own. An interrupted ablation goes on
when it is called again.
"""
# The paper's and ours; the keys of `VARIANTS`, which loads too much to be named here.
_VARIANTS = (
    "full",
    "no_local_net",
    "spade",
    "instance_statistics",
    "single_warp",
    "flat_head",
    "spline",
    "no_prior",
    "rgb",
    "spectral_norm",
    "wide",
    "gan",
    "no_perceptual",
    "no_openings",
    "no_exposure",
    "no_anchor",
    "no_background",
    "no_shading",
    "no_lip_colour",
    "no_mouth_inside",
    "no_detail",
    "videos_only",
    "no_donors",
    "weak_augmentation",
)


def add_arguments(command):
    command.add_argument(
        "--data",
        required=True,
        metavar="FOLDER",
        help="output of `prepare`, or <identity>/<clip>/*.jpg and landmarks.npy",
    )
    command.add_argument("--output", required=True, metavar="FOLDER")
    command.add_argument("--steps", required=True, type=console.positive, metavar="N")
    command.add_argument(
        "--variants",
        nargs="+",
        choices=_VARIANTS,
        default=_VARIANTS[:4],
        metavar="VARIANT",
        help=f"of {', '.join(_VARIANTS)} (default: the first four)",
    )
    command.add_argument(
        "--seeds",
        nargs="+",
        type=console.not_negative,
        default=(0, 1),
        metavar="SEED",
        help="a run of each variant for each (default: 0 1)",
    )
    command.add_argument("--recipe", choices=("paper", "small"), default="small")
    command.add_argument(
        "--image-size", type=console.positive, default=64, metavar="PIXELS"
    )
    command.add_argument("--width", type=console.positive, metavar="CHANNELS")
    command.add_argument("--batch-size", type=console.positive, default=8, metavar="N")
    command.add_argument(
        "--perceptual", metavar="vgg19|vgg16|identity|none|PATH", help="features"
    )
    console.add_validation(command, "that are evaluated, not trained on")
    command.add_argument("--protocol", choices=("self", "cross"), default="cross")
    command.add_argument(
        "--frames",
        type=console.positive,
        default=16,
        metavar="N",
        help="driving frames of each clip (default: %(default)s)",
    )
    command.add_argument(
        "--checkpoint-every", type=console.positive, default=500, metavar="N"
    )


def run(arguments):
    # As `train` does; see there.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    console.quiet_tensorflow(arguments.debug)
    from aan_keras.evaluation.ablation import ablate

    ablate(
        arguments.data,
        arguments.output,
        steps=arguments.steps,
        variants=tuple(arguments.variants),
        seeds=tuple(arguments.seeds),
        recipe=arguments.recipe,
        image_size=arguments.image_size,
        width=arguments.width,
        batch_size=arguments.batch_size,
        perceptual=arguments.perceptual,
        validation=console.validation_of(arguments),
        protocol=arguments.protocol,
        frames=arguments.frames,
        checkpoint_every=arguments.checkpoint_every,
        report=print,
        progress=functools.partial(console.progress, unit="batch"),
    )
    output = pathlib.Path(arguments.output)
    print((output / "table.md").read_text(), end="")
    print(output / "evaluation" / "report.html")
