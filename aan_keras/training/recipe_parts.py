"""What a run by its recipe is made of, from the arguments of `train_recipe`."""

from aan_keras.models.preset import load_preset
from aan_keras.training.recipes import training_options


def make_reenactor(arguments):
    """`Reenactor` of the preset or of random weights; nets not named are frozen."""
    from aan_keras.models.reenactor import Reenactor

    given = {
        name: arguments[name]
        for name in ("image_size", "width")
        if arguments[name] is not None
    }
    given["dtype"] = arguments["precision"]
    if arguments["preset"] is not None:
        reenactor = load_preset(Reenactor, arguments["preset"], **given)
    else:
        reenactor = Reenactor(**{**arguments["options"]["model"], **given})
    if arguments["nets"] is not None:
        _train_only(reenactor, arguments["nets"])
    return reenactor


def _train_only(reenactor, names):
    nets = {net.name: net for net in reenactor.generator_nets}
    # No loss of a run sees it.
    nets.pop("person_net", None)
    unknown = set(names) - set(nets)
    if unknown or not names:
        raise ValueError(f"`nets` must be some of {sorted(nets)}. Received: {names}")
    for name, net in nets.items():
        if name not in names:
            net.trainable = False


def make_losses(arguments):
    """`ReenactmentLoss` of the recipe, with what was given beside it."""
    from aan_keras.losses.reenactment_loss import ReenactmentLoss

    losses = dict(arguments["options"]["losses"])
    if arguments["perceptual"] is not None:
        perceptual = arguments["perceptual"]
        losses["perceptual"] = None if perceptual == "none" else perceptual
        if perceptual != "identity":
            losses.pop("identity_weight", None)  # the same network
    if arguments["gan_weight"] is not None:
        losses["gan_weight"] = arguments["gan_weight"]
    return ReenactmentLoss(**losses)


def training_arguments(arguments):
    """Arguments of `train` by the recipe, with what was given beside it."""
    from aan_keras.losses.gan_warmup import GANWarmup

    training = training_options(arguments["options"])
    training["gan_warmup"] = GANWarmup(*arguments["gan_warmup"], arguments["gan_lead"])
    if arguments["learning_rate"] is not None:
        training["generator_learning_rate"] = arguments["learning_rate"]
    if arguments["optimizer"] is not None:
        training["optimizer"] = arguments["optimizer"]
    if arguments["decay"] is not None:
        training["decay_fraction"] = arguments["decay"]
    return training
