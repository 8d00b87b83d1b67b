"""Training runs by the name of their recipe, for the command line."""

import inspect
import json
import math
import pathlib

from aan_keras.models.preset import read_preset
from aan_keras.training.json_file import write_json
from aan_keras.training.recipe_parts import (
    make_losses,
    make_reenactor,
    training_arguments,
)
from aan_keras.training.recipes import RECIPES

_RUN = "command.json"
# Of a run that goes on: it may have moved, and been told to learn slower or longer.
_MAY_CHANGE = ("data", "steps", "learning_rate", "decay")


def train_recipe(
    data,
    output,
    *,
    steps,
    recipe="paper",
    preset=None,
    nets=None,
    image_size=None,
    width=None,
    batch_size=8,
    perceptual=None,
    learning_rate=None,
    optimizer=None,
    decay=None,
    validation=None,
    seed=0,
    checkpoint_every=500,
    precision="float32",
    accumulate=1,
    gan_weight=None,
    gan_warmup=(0, 0),
    gan_lead=0,
    devices=1,
    engine="tensorflow",
    report=None,
):
    """Starts a training run by the name of its recipe.

    Args:
        data: folder of shards, or of `<identity>/<clip>/*.jpg` and `landmarks.npy`.
        output: folder of the run; it must not hold one yet.
        steps: length of the run.
        recipe: `"paper"`; `"small"`: what reaches usable results in hours on a few CPU
            cores; or `"aan_64"`, `"aan_128"`, `"aan_256"`: the same at another size.
        preset: name or folder of a preset to start from instead of random weights;
            its configuration is used.
        nets: names of the sub-nets to train (`"flow_estimator"`, say), the others stay
            as they are; None: all.
        image_size, width: replace the recipe's.
        batch_size: pairs a step.
        perceptual: `"vgg19"`, `"vgg16"`, `"identity"`, `"none"` or the path of a Keras
            model, instead of the recipe's perceptual loss.
        learning_rate: the generator's, instead of the recipe's.
        optimizer: the generator's, `"adam"` or `"muon"`, instead of the recipe's.
        decay: last share of the steps in which the learning rates fall to zero, instead
            of the recipe's.
        validation: see `train`; None: `default_validation` of the data.
        seed: decides initial weights, pairs and augmentations.
        checkpoint_every: steps between checkpoints.
        precision: dtype policy, `"float32"`, `"mixed_bfloat16"` or `"mixed_float16"`;
            `"auto"`: see `choose_precision`.
        accumulate: parts that the batch of a device is worked off in.
        gan_weight: weight of the GAN loss, instead of the recipe's.
        gan_warmup: step at which the GAN loss begins, and steps in which it rises.
        gan_lead: steps that the discriminators train before.
        devices: see `make_strategy`. Several machines are found in TF_CONFIG.
        engine: `"tensorflow"`, or `"jax"`: see `jax_train`; Keras must run on it.
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
    # A run may go on from another working directory.
    arguments.update(data=str(pathlib.Path(data).absolute()), output=str(output))
    arguments["preset"] = None if preset is None else str(preset)
    arguments["preset_sha256"] = _weights_of(preset)
    if validation is None:
        from aan_keras.data.split import default_validation

        arguments["validation"] = default_validation(data)
    if precision == "auto":
        from aan_keras.training.precision import choose_precision

        # Kept with the run, which may go on where there is another device.
        arguments["precision"] = choose_precision(engine)
    # Kept too: a recipe may be another one in the version that goes on with the run.
    arguments["options"] = RECIPES[recipe]
    return _run(arguments, resume=False, report=report)


def holds_run(output):
    """Whether a run has begun in a folder."""
    return (pathlib.Path(output) / _RUN).exists()


def resume_recipe(output, *, report=None, **given):
    """Goes on with the run in a folder, exactly as if it had never stopped.

    Args:
        output: folder that `train_recipe` has begun to fill.
        report: see `train_recipe`.
        **given: its other arguments. `data` and `preset`, the same in another place,
            `steps`, `learning_rate` and `decay` replace the run's; others must be the
            run's.

    Returns:
        The number of steps done.

    Raises:
        ValueError: no run there, or one with other arguments.
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
    arguments.setdefault("options", RECIPES[arguments["recipe"]])
    for name, value in given.items():
        value = json.loads(json.dumps(value, default=str))
        if name == "data":
            value = str(pathlib.Path(value).absolute())
        moved = name == "preset" and _is_moved(arguments, value)
        if moved or name in _MAY_CHANGE:
            arguments[name] = value
        elif value not in (had := _setting(arguments, name), "auto"):
            raise ValueError(
                f"the run in {output} has {name}={had}, and goes on as it began. "
                f"Received: {name}={value}"
            )
    return _run(arguments, resume=True, report=report)


def _weights_of(preset):
    """What tells a preset's weights from others; None of no preset."""
    if preset is None:
        return None
    from aan_keras.models.reenactor import Reenactor

    return read_preset(preset, Reenactor)[1]["weights_sha256"]


def _is_moved(arguments, preset):
    """Whether a preset is the run's; versions before it was noted did not tell."""
    noted = arguments.get("preset_sha256")
    return noted is not None and noted == _weights_of(preset)


def _setting(arguments, name):
    """What a run has; where nothing was said, what its recipe or its preset says."""
    if arguments[name] is not None:
        return arguments[name]
    from aan_keras.losses.reenactment_loss import ReenactmentLoss
    from aan_keras.models.reenactor import Reenactor

    if name in ("perceptual", "gan_weight"):
        cls, said = ReenactmentLoss, arguments["options"]["losses"]
    elif name in ("image_size", "width"):
        cls, said = Reenactor, arguments["options"]["model"]
        if arguments["preset"] is not None:
            said = read_preset(arguments["preset"], Reenactor)[1]["config"]
    else:
        return "adam" if name == "optimizer" else None
    return said.get(name, inspect.signature(cls.__init__).parameters[name].default)


def _run(arguments, resume, report):
    import keras

    if keras.backend.backend() != arguments["engine"]:
        raise ValueError(
            f"this run needs KERAS_BACKEND={arguments['engine']}. "
            f"Received: {keras.backend.backend()}"
        )
    keras.utils.set_random_seed(arguments["seed"])
    if arguments["engine"] == "jax":
        return _run_with_jax(arguments, report)
    return _run_with_tensorflow(arguments, resume, report)


def _run_with_jax(arguments, report):
    if arguments["devices"] > 1 or arguments["accumulate"] > 1:
        raise ValueError(
            "`devices` and `accumulate` above 1 need TensorFlow. Received: "
            f"devices={arguments['devices']}, accumulate={arguments['accumulate']}"
        )
    if arguments["precision"] == "mixed_float16":
        raise ValueError(
            "mixed_float16 needs TensorFlow: with JAX, use mixed_bfloat16. "
            "Received: precision=mixed_float16"
        )
    from aan_keras.training.with_jax.jax_train import jax_train

    return jax_train(
        make_reenactor(arguments),
        arguments["data"],
        pathlib.Path(arguments["output"]),
        arguments["steps"],
        arguments["batch_size"],
        losses=make_losses(arguments),
        seed=arguments["seed"],
        validation=tuple(arguments["validation"]),
        checkpoint_every=arguments["checkpoint_every"],
        log_every=math.gcd(50, arguments["checkpoint_every"]),
        report=report,
        on_begin=lambda: _remember(arguments),
        **training_arguments(arguments),
    )


def _run_with_tensorflow(arguments, resume, report):
    import keras

    from aan_keras.training.devices import make_strategy, worker_of
    from aan_keras.training.train import train

    strategy = make_strategy(arguments["devices"])
    with strategy.scope():
        reenactor = make_reenactor(arguments)

    class Remember(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            # Only now is it known that there are data to train on.
            if worker_of(strategy)[0] == 0:
                _remember(arguments)

    with strategy.scope():  # A perceptual network has variables too.
        losses = make_losses(arguments)
    return train(
        reenactor,
        arguments["data"],
        pathlib.Path(arguments["output"]),
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
        **training_arguments(arguments),
    )


def _remember(arguments):
    path = pathlib.Path(arguments["output"]) / _RUN
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, arguments)
