"""Named ways to train, for the command line."""

import inspect
import json
import math
import pathlib

# What differs from the defaults, which are the paper's.
RECIPES = {
    "paper": {"model": {}, "losses": {}, "training": {}},
    "small": {
        "model": {
            "image_size": 128,
            "width": 16,
            "num_residual_blocks": 1,
            "heatmap_size": 64,
            "statistics": "instance",
            "spectral_norm": False,
            "flow_prior": "layered",
            "warp_theta": True,
            "output": "residual",
            "source_scale": 2,
            "up_kernel_size": 1,
        },
        "losses": {
            "gan_weight": 0.0,
            "reconstruction_weight": 1.0,
            "local_weight": 0.25,
            "perceptual": "identity",
            "perceptual_weight": 0.05,
            "region_weight": 0.6,
            "mouth_weight": 0.5,
            "identity_weight": 0.3,
            "face_stride": 2,
            "detail_weight": 0.3,
            "discriminator_width": 16,
        },
        "training": {
            "generator_learning_rate": 4e-4,
            "discriminator_learning_rate": 2e-4,
            "warmup_steps": 200,
            "decay_fraction": 0.3,
            "beta_1": 0.9,
            "beta_2": 0.99,
            "clip_norm": 1.0,
            # Few people are on video: photos show many more, if never two in one light,
            # and without change the people on video are learned by heart.
            "dataset_options": {
                "photo_fraction": 0.3,
                "candidates": 8,
                "criteria": {"shape": 0.45, "mouth": 0.3, "eyes": 0.1, "uniform": 0.15},
            },
            "augment": {
                "colour": 2.0,
                "warp": 0.06,
                "aspect": 0.12,
                "source_blur": 0.08,
                "source_jpeg": 0.08,
            },
        },
    },
}
# The presets' configurations: weights fit every image size.
RECIPES |= {
    f"aan_{size}": {
        **RECIPES["small"],
        "model": {**RECIPES["small"]["model"], "image_size": size},
    }
    for size in (64, 128, 256)
}
_RUN = "command.json"


def training_options(recipe):
    """Arguments of `train` that a recipe names."""
    from aan_keras.data import PairAugmentation

    options = dict(recipe["training"])
    if "augment" in options:
        options["augment"] = PairAugmentation(**options["augment"])
    return options


def train_recipe(
    data,
    output,
    *,
    steps,
    recipe="paper",
    preset=None,
    image_size=None,
    width=None,
    batch_size=8,
    perceptual=None,
    learning_rate=None,
    validation=(6, 12),
    seed=0,
    checkpoint_every=500,
    precision=None,
    accumulate=1,
    gan_weight=None,
    gan_warmup=(0, 0),
    gan_lead=0,
    devices=1,
    report=None,
):
    """Starts a training run by the name of its recipe.

    Args:
        data: folder of `<identity>/<clip>/*.jpg` and `landmarks.npy`.
        output: folder of the run; it must not hold one yet.
        steps: length of the run.
        recipe: `"paper"`; `"small"`: what reaches usable results in hours on a few CPU
            cores; or `"aan_64"`, `"aan_128"`, `"aan_256"`: the same at another size.
        preset: name or folder of a preset to start from instead of random weights;
            its configuration is used.
        image_size, width: replace the recipe's.
        batch_size: pairs a step.
        perceptual: `"vgg19"`, `"vgg16"`, `"identity"`, `"none"` or the path of a Keras
            model, instead of the recipe's perceptual loss.
        learning_rate: the generator's, instead of the recipe's.
        validation: see `train`.
        seed: decides initial weights, pairs and augmentations.
        checkpoint_every: steps between checkpoints.
        precision: dtype policy, `"float32"`, `"mixed_bfloat16"` or `"mixed_float16"`;
            `"auto"`: see `choose_precision`.
        accumulate: parts that the batch of a device is worked off in.
        gan_weight: weight of the GAN loss, instead of the recipe's.
        gan_warmup: step at which the GAN loss begins, and steps in which it rises.
        gan_lead: steps that the discriminators train before.
        devices: see `make_strategy`. Several machines are found in TF_CONFIG.
        report: callable that takes a line of text, instead of Keras' progress bar.

    Returns:
        The number of steps done.
    """
    arguments = {**locals()}
    arguments.pop("report")
    if recipe not in RECIPES:
        raise ValueError(
            f"`recipe` must be one of {sorted(RECIPES)}. Received: recipe={recipe}"
        )
    if holds_run(output):
        raise ValueError(
            f"{output} holds a training run: resume it, or choose another folder"
        )
    arguments.update(data=str(data), output=str(output))
    arguments["preset"] = None if preset is None else str(preset)
    if precision == "auto":
        from aan_keras.training.precision import choose_precision

        # Kept with the run, which may go on where there is another device.
        arguments["precision"] = choose_precision()
    return _run(arguments, resume=False, report=report)


def holds_run(output):
    """Whether a run has begun in a folder."""
    return (pathlib.Path(output) / _RUN).exists()


def resume_recipe(output, steps=None, report=None):
    """Goes on with the run in a folder, exactly as if it had never stopped.

    Args:
        output: folder that `train_recipe` has begun to fill.
        steps: new length of the whole run; None: as it was.
        report: see `train_recipe`.

    Returns:
        The number of steps done.
    """
    path = pathlib.Path(output) / _RUN
    try:
        arguments = json.loads(path.read_text())
    except (OSError, ValueError):
        raise ValueError(
            f"there is no training run in {output}: begin one with --data and --steps"
        ) from None
    # A run of an older version lacks what has come since.
    parameters = inspect.signature(train_recipe).parameters.values()
    defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
    defaults.pop("report")
    arguments = {**defaults, **arguments, "output": str(output)}
    if steps is not None:
        arguments["steps"] = steps
    return _run(arguments, resume=True, report=report)


def _run(arguments, resume, report):
    import keras

    from aan_keras.losses.gan_warmup import GANWarmup
    from aan_keras.losses.reenactment_loss import ReenactmentLoss
    from aan_keras.models.preset import load_preset
    from aan_keras.models.reenactor import Reenactor
    from aan_keras.training.devices import make_strategy, worker_of
    from aan_keras.training.train import train

    strategy = make_strategy(arguments["devices"])
    recipe = RECIPES[arguments["recipe"]]
    keras.utils.set_random_seed(arguments["seed"])
    given = {
        name: arguments[name]
        for name in ("image_size", "width")
        if arguments[name] is not None
    }
    given["dtype"] = arguments["precision"]
    with strategy.scope():
        if arguments["preset"] is not None:
            reenactor = load_preset(Reenactor, arguments["preset"], **given)
        else:
            reenactor = Reenactor(**{**recipe["model"], **given})
    losses, training = dict(recipe["losses"]), training_options(recipe)
    if arguments["perceptual"] is not None:
        perceptual = arguments["perceptual"]
        losses["perceptual"] = None if perceptual == "none" else perceptual
        if perceptual != "identity":
            losses.pop("identity_weight", None)  # the same network
    if arguments["gan_weight"] is not None:
        losses["gan_weight"] = arguments["gan_weight"]
    training["gan_warmup"] = GANWarmup(*arguments["gan_warmup"], arguments["gan_lead"])
    if arguments["learning_rate"] is not None:
        training["generator_learning_rate"] = arguments["learning_rate"]
    output = pathlib.Path(arguments["output"])

    class Remember(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            # Only now is it known that there are data to train on.
            if worker_of(strategy)[0] == 0:
                (output / _RUN).write_text(json.dumps(arguments, indent=2) + "\n")

    with strategy.scope():  # A perceptual network has variables too.
        losses = ReenactmentLoss(**losses)
    return train(
        reenactor,
        arguments["data"],
        output,
        arguments["steps"],
        arguments["batch_size"],
        resume=resume,
        seed=arguments["seed"],
        validation=tuple(arguments["validation"]),
        losses=losses,
        accumulate=arguments["accumulate"],
        checkpoint_every=arguments["checkpoint_every"],
        log_every=math.gcd(50, arguments["checkpoint_every"]),
        images_every=arguments["checkpoint_every"],
        validate_every=arguments["checkpoint_every"],
        verbose=1 if report is None else 0,
        report=report,
        callbacks=[Remember()],
        **training,
    )
