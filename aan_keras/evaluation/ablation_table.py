"""Means and spread of an ablation, and whether the paper's order shows."""

import numpy as np

from aan_keras.evaluation.measured_pairs import rounded
from aan_keras.evaluation.measures import BY_NAME, MEASURES
from aan_keras.evaluation.methods import FLOORS
from aan_keras.evaluation.paper import ABLATIONS, COLUMNS
from aan_keras.evaluation.table import CAVEAT, heading, markdown_table

# From best to worst in the paper's Table 3, and what it is best in.
PAPER_ORDER = ("full", "no_local_net", "spade")
ORDERED = ("csim", "prmse")
NAMES = {
    "full": "full model",
    "no_local_net": "without local net",
    "spade": "SPADE instead of AAN",
    "instance_statistics": "instance statistics",
    "single_warp": "Θ not warped",
    "flat_head": "head moved as a flat picture",
    "spline": "flow starts as the spline alone",
    "no_prior": "flow starts at zero (paper)",
    "rgb": "nets paint all pixels (paper)",
    "spectral_norm": "with spectral norm (paper)",
    "wide": "width 24",
    "gan": "with GAN, weight 0.03",
    "no_perceptual": "without perceptual and identity loss",
    "no_openings": "without masks and loss of openings",
    "no_exposure": "as bright as the photo",
    "no_anchor": "own photo not kept",
    "no_background": "background not filled in",
    "no_shading": "light turns with the head",
    "no_lip_colour": "lips as the photo's",
    "no_mouth_inside": "opened mouths as the nets make them",
    "no_detail": "without detail loss",
    "videos_only": "without photo pairs",
    "no_donors": "without donors' skin",
    "weak_augmentation": "default augmentation",
}


def summarize(evaluated, variants, seeds):
    """Figures by variant, over the seeds.

    Args:
        evaluated: what `evaluate` returned; rows are called `<variant>_<seed>`.
        variants: names.
        seeds: integers.

    Returns:
        dict: `rows`, for each variant and measure the `values` by seed, their `mean`,
        `low` and `high`; `floors`, the rows that learned nothing; `orders`, see
        `paper_order`.
    """
    rows = {}
    for variant in variants:
        measured = [evaluated["rows"][f"{variant}_{s}"]["measures"] for s in seeds]
        names = [m.name for m in MEASURES if m.name in measured[0]]
        rows[variant] = {
            name: _spread([figures[name]["value"] for figures in measured])
            for name in names
        }
    floors = {
        name: {key: entry["value"] for key, entry in row["measures"].items()}
        for name, row in evaluated["rows"].items()
        if name in FLOORS
    }
    return {"rows": rows, "floors": floors, "orders": paper_order(rows)}


def paper_order(rows):
    """Whether full > without local net > SPADE.

    Args:
        rows: of `summarize`.

    Returns:
        dict of measure to `"separated"` (each seed of the better variant beats every
        seed of the worse), `"in the means only"`, `"not reproduced"` or `"unknown"`
        (a variant or a figure is missing).
    """
    return {name: _order(rows, name) for name in ORDERED}


def _order(rows, name):
    sign = 1 if BY_NAME[name].better == "up" else -1
    columns = [rows.get(variant, {}).get(name) for variant in PAPER_ORDER]
    if any(column is None or None in column["values"] for column in columns):
        return "unknown"
    values = [sign * np.array(column["values"]) for column in columns]
    steps = list(zip(values, values[1:]))
    if not all(better.mean() > worse.mean() for better, worse in steps):
        return "not reproduced"
    apart = all(better.min() > worse.max() for better, worse in steps)
    return "separated" if apart and len(values[0]) > 1 else "in the means only"


def _spread(values):
    known = [value for value in values if value is not None]
    entry = {"values": values, "mean": None, "low": None, "high": None}
    if known:
        entry.update(mean=rounded(np.mean(known)), low=min(known), high=max(known))
    return entry


def markdown_page(results):
    """The whole of `table.md`.

    Args:
        results: content of the ablation's `results.json`.
    """
    training, evaluation = results["training"], results["evaluation"]
    names = [m.name for m in MEASURES if m.name in next(iter(results["rows"].values()))]
    header = ["variant", *(heading(name) for name in names)]
    rows = [
        [NAMES[variant], *(_cell(row[name], name) for name in names)]
        for variant, row in results["rows"].items()
    ]
    rows += [
        [name, *(_number(row.get(key), key) for key in names)]
        for name, row in results["floors"].items()
    ]
    paper = [
        [NAMES[variant], *(_number(v, name) for v, name in zip(values, COLUMNS))]
        for variant, values in ABLATIONS.items()
    ]
    paper_header = ["paper, Table 3", *(heading(name) for name in COLUMNS)]
    intro = (
        f"Each variant was trained from scratch with the seeds "
        f"{', '.join(map(str, results['seeds']))}: {training['steps']} steps of "
        f"{training['batch_size']} pairs at {training['image_size']} px, recipe "
        f"{training['recipe']} with batch statistics unless the row says otherwise. "
        f"{evaluation['protocol'].capitalize()}-reenactment, {evaluation['pairs']} "
        f"pairs of people that were not trained on. Mean over the seeds, smallest and "
        f"largest in brackets."
    )
    return (
        "\n\n".join(
            [
                "# Ablations",
                intro,
                markdown_table(header, rows),
                verdict(results["orders"]),
                markdown_table(paper_header, paper),
                CAVEAT,
            ]
        )
        + "\n"
    )


def verdict(orders):
    """A sentence on the paper's order."""
    said = "; ".join(
        f"in {BY_NAME[name].label} {_SAID[answer]}" for name, answer in orders.items()
    )
    return (
        f"The paper's order, full model before without local net before SPADE: {said}."
    )


_SAID = {
    "separated": "reproduced, and each seed agrees",
    "in the means only": "in the means, but the seeds overlap or there is only one",
    "not reproduced": "not reproduced at this scale",
    "unknown": "unknown, a variant or its figure is missing",
}


def _cell(entry, name):
    if entry["mean"] is None:
        return "-"
    text = _number(entry["mean"], name)
    if len(entry["values"]) > 1:
        text += f" ({_number(entry['low'], name)} to {_number(entry['high'], name)})"
    return text


def _number(value, name):
    return "-" if value is None else f"{value:.{BY_NAME[name].decimals}f}"
