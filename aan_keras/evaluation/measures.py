"""The figures of a table: what each is, and its value for a batch of pairs."""

import dataclasses

import numpy as np

from aan_keras import metrics
from aan_keras.evaluation.action_units import action_units
from aan_keras.evaluation.face_texture import texture_similarity
from aan_keras.evaluation.methods import to_unit


@dataclasses.dataclass(frozen=True)
class Measure:
    """One column.

    Args:
        name: key in files.
        label: heading in tables.
        better: "up" or "down"; "one" where 1 is best.
        decimals: places after the point.
        protocols: the settings that it is defined in.
        meaning: a line for the report.
    """

    name: str
    label: str
    better: str
    decimals: int
    protocols: tuple
    meaning: str


_SELF, _BOTH = ("self",), ("self", "cross")
# The paper's three first.
MEASURES = (
    Measure(
        "csim",
        "CSIM",
        "up",
        3,
        _BOTH,
        "cosine of source's and output's identity vectors, dlib's network",
    ),
    Measure(
        "prmse",
        "PRMSE",
        "down",
        2,
        _BOTH,
        "root-mean-square error of the head's pitch, yaw and roll against the driving "
        "frame, degrees",
    ),
    Measure(
        "aucon",
        "AUCON",
        "up",
        3,
        _BOTH,
        "share of action units whose presence agrees with the driving frame's",
    ),
    Measure(
        "csim_arcface",
        "CSIM ArcFace",
        "up",
        3,
        _BOTH,
        "the same as CSIM with ArcFace, the paper's network",
    ),
    Measure(
        "texture",
        "texture",
        "up",
        3,
        _BOTH,
        "similarity of source's and output's local binary patterns: identity without "
        "a network",
    ),
    Measure("l1", "L1", "down", 2, _SELF, "mean absolute error on 0-255"),
    Measure("psnr", "PSNR", "up", 2, _SELF, "peak signal-to-noise ratio, dB"),
    Measure("ssim", "SSIM", "up", 3, _SELF, "structural similarity, Gaussian window"),
    Measure("lpips", "LPIPS", "down", 3, _SELF, "learned perceptual distance"),
    Measure(
        "akd",
        "AKD",
        "down",
        2,
        _SELF,
        "mean absolute error of landmark coordinates, pixels",
    ),
    Measure(
        "nme",
        "NME",
        "down",
        2,
        _SELF,
        "mean distance of landmarks, % of the distance between the eyes' outer corners",
    ),
    Measure(
        "aed",
        "AED",
        "down",
        3,
        _SELF,
        "distance of driving frame's and output's identity vectors, dlib's network",
    ),
    Measure(
        "sharpness",
        "sharpness",
        "one",
        2,
        _BOTH,
        "Laplacian variance of the output over that of the real frame (self: driving, "
        "cross: source)",
    ),
)
BY_NAME = {measure.name: measure for measure in MEASURES}


def measure_pairs(protocol, images, faces, real, lpips=None):
    """Every measure for a batch of pairs.

    Args:
        protocol: `"self"` or `"cross"`.
        images: uint8 `[B, S, S, 3]`, generated.
        faces: `Faces` of these.
        real: dict of `source` and `driving`, uint8 `[B, S, S, 3]`, `source_faces` and
            `driving_faces`, `Faces`, and `source_neutral` and `driving_neutral`
            `[B, 8]`, the people's neutral measures.
        lpips: `LPIPS`, or None.

    Returns:
        Dict of float arrays `[B]`, NaN where there is no figure (no face, no network).
        `prmse` is each pair's own root.
    """
    source, driving = real["source_faces"], real["driving_faces"]
    values = {
        "csim": metrics.CSIM.from_descriptors(source.identity, faces.identity),
        "prmse": np.sqrt(pose_error(driving.angles, faces.angles)),
        "aucon": agreement(
            action_units(driving.expression, real["driving_neutral"]),
            action_units(faces.expression, real["source_neutral"]),
        ),
        "texture": texture_similarity(source.texture, faces.texture),
    }
    if faces.arcface is not None:
        values["csim_arcface"] = metrics.CSIM.from_descriptors(
            source.arcface, faces.arcface
        )
    output = to_unit(images)
    if protocol == "cross":
        values["sharpness"] = _value(
            metrics.SharpnessRatio, to_unit(real["source"]), output
        )
        return _as_numpy(values)
    truth = to_unit(real["driving"])
    values["sharpness"] = _value(metrics.SharpnessRatio, truth, output)
    for name, metric in (
        ("l1", metrics.L1),
        ("psnr", metrics.PSNR),
        ("ssim", metrics.SSIM),
    ):
        values[name] = _value(metric, truth, output)
    for name, metric in (("akd", metrics.AKD), ("nme", metrics.NME)):
        values[name] = _value(metric, driving.landmarks, faces.landmarks)
    values["aed"] = metrics.AED.from_descriptors(driving.identity, faces.identity)
    if lpips is not None:
        values["lpips"] = lpips(real["driving"], images)
    return _as_numpy(values)


def pose_error(true, pred):
    """Mean squared angle difference `[B]`, the short way round."""
    return np.asarray(_value(metrics.PRMSE, true, pred))


def agreement(true, pred):
    """Share of agreeing units `[B]`."""
    return np.asarray(_value(metrics.AUCON, true, pred))


def overall(name, values):
    """The figure of many pairs, and over how many it is.

    The mean; of `prmse` the root of the mean square, as its definition has it.

    Args:
        name: of the measure.
        values: float array, NaN where a pair has no figure.

    Returns:
        `(value, count)`; NaN over 0 pairs.
    """
    values = np.asarray(values, "float64")
    values = values[~np.isnan(values)]
    if not len(values):
        return float("nan"), 0
    if name == "prmse":
        return float(np.sqrt(np.square(values).mean())), len(values)
    return float(values.mean()), len(values)


def _value(metric, true, pred):
    return _metric(metric).per_sample(true, pred)


_METRICS = {}


def _metric(kind):
    # A metric makes variables; one of each kind is enough.
    if kind not in _METRICS:
        _METRICS[kind] = kind()
    return _METRICS[kind]


def _as_numpy(values):
    return {name: np.asarray(value, "float64") for name, value in values.items()}
