"""Table 3: the model without one of its parts, trained alike and compared."""

import csv
import json
import pathlib

from aan_keras.data import open_clips, split_identities
from aan_keras.evaluation.ablation_table import markdown_page, summarize
from aan_keras.evaluation.evaluate import evaluate
from aan_keras.evaluation.measures import MEASURES
from aan_keras.evaluation.pairs import make_pairs
from aan_keras.faces import InputError
from aan_keras.faces.output_file import output_file

# What differs from the recipe: arguments of `Reenactor`, `ReenactmentLoss` and `train`,
# and single ones of `PairAugmentation`.
# The first three are the paper's Table 3; its norms take statistics over the batch.
VARIANTS = {
    "full": {},
    "no_local_net": {"model": {"local_net": False}},
    "spade": {"model": {"adaptive_norm": "spade"}},
    "instance_statistics": {"model": {"statistics": "instance"}},
    "single_warp": {"model": {"warp_theta": False}},
    "flat_head": {"model": {"head_motion": "similarity"}},
    "spline": {"model": {"flow_prior": "tps", "background": False}},
    "no_prior": {"model": {"flow_prior": None, "background": False}},
    "rgb": {"model": {"output": "rgb", "exposure": False}},
    "spectral_norm": {"model": {"spectral_norm": True}},
    "wide": {"model": {"width": 24}},
    "gan": {"losses": {"gan_weight": 0.03}},
    "no_perceptual": {"losses": {"perceptual": None, "identity_weight": 0.0}},
    "no_openings": {
        "model": {"openings": False},
        "losses": {"opening_weight": 0.0},
    },
    "no_exposure": {"model": {"exposure": False}},
    "no_anchor": {"model": {"anchor": False}},
    "no_background": {"model": {"background": False}},
    "no_shading": {"model": {"shading": False}},
    "no_lip_colour": {"model": {"lip_colour": False}},
    "no_mouth_inside": {"model": {"mouth_inside": False}},
    "no_detail": {"losses": {"detail_weight": 0.0}},
    "videos_only": {
        "dataset_options": {"photo_fraction": 0.0, "animated_fraction": 0.0}
    },
    "no_donors": {"augment": {"donor": 0.0}},
    "weak_augmentation": {"training": {"augment": {}}},
}
DEFAULT_VARIANTS = ("full", "no_local_net", "spade", "instance_statistics")


def ablate(
    data,
    output,
    *,
    steps,
    variants=DEFAULT_VARIANTS,
    seeds=(0, 1),
    recipe="small",
    image_size=64,
    width=None,
    batch_size=8,
    perceptual=None,
    validation=(6, 12),
    protocol="cross",
    checkpoint_every=500,
    report=None,
    progress=None,
    **evaluation_options,
):
    """Trains every variant from scratch, evaluates all, and tables them with spread.

    Variants and seeds have the same data, steps, losses and learning rates; a seed
    decides initial weights and pairs, so that two variants of one seed see the same
    pairs. `output` holds `runs/<variant>_<seed>/` (training runs), `evaluation/` (see
    `evaluate`), `results.json`, `results.csv` and `table.md`. Called again, it goes on.

    Args:
        data: folder of frame folders (see `aan_keras.data.load_dataset`).
        output: folder; created if missing.
        steps: length of each run.
        variants: keys of `VARIANTS`.
        seeds: integers; at least two give a spread.
        recipe: key of `aan_keras.training.recipes.RECIPES`. The model is the recipe's
            with batch statistics, as in the paper.
        image_size: side of the images.
        width: channels at full resolution, instead of the recipe's.
        batch_size: pairs a step.
        perceptual: see `train_recipe`.
        validation: identities that are evaluated and not trained on, see `train`.
        protocol: `"cross"`, as in the paper's Table 3, or `"self"`.
        checkpoint_every: steps between checkpoints.
        report, progress: see `evaluate`.
        **evaluation_options: of `evaluate`.

    Returns:
        The content of `results.json`.
    """
    unknown = sorted(set(variants) - set(VARIANTS))
    if unknown or not variants or len(set(variants)) < len(variants):
        raise ValueError(
            f"`variants` must be different ones of {sorted(VARIANTS)}. "
            f"Received: {list(variants)}"
        )
    if not seeds or len(set(seeds)) < len(seeds) or min(seeds) < 0:
        raise ValueError(
            f"`seeds` must be different and not negative. Received: {list(seeds)}"
        )
    report = report or (lambda line: None)
    output = pathlib.Path(output)
    training = {
        "steps": steps,
        "recipe": recipe,
        "image_size": image_size,
        "width": width,
        "batch_size": batch_size,
        "perceptual": perceptual,
        "validation": list(validation),
    }
    _, held_out = split_identities(data, tuple(validation))
    if not held_out:
        raise InputError(
            f"nobody of {data} is left out to evaluate: give --validation 2 0, say, or "
            "add people"
        )
    # What is wrong with pairs must show before training.
    chosen = ("frames", "drivers", "seed")
    pairs = {k: v for k, v in evaluation_options.items() if k in chosen}
    make_pairs(open_clips(data, held_out), protocol, **pairs)
    _remember(output, training)
    presets = {}
    for seed in seeds:
        for variant in variants:
            name = f"{variant}_{seed}"
            report(f"{name}: {steps} steps")
            presets[name] = output / "runs" / name / "preset"
            _train(
                data,
                presets[name].parent,
                variant,
                seed,
                training,
                checkpoint_every,
            )
    evaluated = evaluate(
        data,
        output / "evaluation",
        protocol=protocol,
        presets=[f"{name}={folder}" for name, folder in presets.items()],
        identities=held_out,
        image_size=image_size,
        report=report,
        progress=progress,
        **evaluation_options,
    )
    results = {
        "training": training,
        "seeds": list(seeds),
        "evaluation": {k: v for k, v in evaluated.items() if k != "rows"},
        **summarize(evaluated, variants, seeds),
    }
    _write(output, results)
    return results


def _train(data, folder, variant, seed, training, checkpoint_every):
    import keras

    from aan_keras.losses.reenactment_loss import ReenactmentLoss
    from aan_keras.models.reenactor import Reenactor
    from aan_keras.training.recipes import RECIPES, training_options
    from aan_keras.training.train import train

    recipe, changes = RECIPES[training["recipe"]], VARIANTS[variant]
    model = {**recipe["model"], "image_size": training["image_size"]}
    model["statistics"] = "batch"
    if training["width"] is not None:
        model["width"] = training["width"]
    losses = dict(recipe["losses"])
    if training["perceptual"] is not None:
        perceptual = training["perceptual"]
        losses["perceptual"] = None if perceptual == "none" else perceptual
        if perceptual != "identity":
            losses.pop("identity_weight", None)  # the same network
    losses.update(changes.get("losses", {}))
    options = {**recipe["training"], **changes.get("training", {})}
    for part in ("augment", "dataset_options"):
        if part in changes:
            options[part] = {**options.get(part, {}), **changes[part]}
    keras.utils.set_random_seed(seed)
    train(
        Reenactor(**{**model, **changes.get("model", {})}),
        data,
        folder,
        training["steps"],
        training["batch_size"],
        resume=True,
        seed=seed,
        validation=tuple(training["validation"]),
        losses=ReenactmentLoss(**losses),
        checkpoint_every=checkpoint_every,
        log_every=checkpoint_every,
        images_every=checkpoint_every,
        validate_every=0,
        **training_options({"training": options}),
    )
    # The next run must not inherit this one's graphs; collects garbage, too.
    keras.backend.clear_session()


def _remember(output, training):
    """Keeps the runs of one folder alike."""
    path = output / "training.json"
    if path.exists():
        before = json.loads(path.read_text())
        changed = [name for name in training if before.get(name) != training[name]]
        if changed:
            raise InputError(
                f"{output} holds an ablation with {changed[0]} "
                f"{before.get(changed[0])}: go on with that, or choose another folder"
            )
        return
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot write {output}: {error.strerror}: choose another folder"
        ) from None
    with output_file(path) as beside:
        beside.write_text(json.dumps(training, indent=1) + "\n")


def _write(output, results):
    with output_file(output / "results.json") as beside:
        beside.write_text(json.dumps(results, indent=1) + "\n")
    with output_file(output / "table.md") as beside:
        beside.write_text(markdown_page(results))
    names = [m.name for m in MEASURES if m.name in next(iter(results["rows"].values()))]
    with (
        output_file(output / "results.csv") as beside,
        open(beside, "w", newline="") as file,
    ):
        writer = csv.writer(file)
        writer.writerow(["variant", "seed", *names])
        for variant, row in results["rows"].items():
            for i, seed in enumerate(results["seeds"]):
                values = [row[name]["values"][i] for name in names]
                writer.writerow(
                    [variant, seed, *("" if v is None else v for v in values)]
                )
