"""What an export says about itself."""

import hashlib
import json
import platform

import keras
import numpy as np
import tensorflow as tf

import aan_keras
from aan_keras.exporting.inference_model import inference_weights
from aan_keras.faces.face_crop import MARGIN

FILE_NAME = "aan_metadata.json"

# First landmark of each part, and the one after its last; right and left are the
# person's own sides.
LANDMARK_ORDER = {
    "jaw": (0, 17),
    "right_eyebrow": (17, 22),
    "left_eyebrow": (22, 27),
    "nose": (27, 36),
    "right_eye": (36, 42),
    "left_eye": (42, 48),
    "mouth": (48, 68),
}
_CROP_RULE = (
    f"square of side int({MARGIN} * face box width), no longer than the image's "
    "shorter side, centred on the face box, shifted into the image, resized to "
    "image_size"
)


def describe(reenactor, preset=None, version=None, **more):
    """The content of `aan_metadata.json`.

    Args:
        reenactor: the model that is exported.
        preset: name of the preset it was loaded from, if any.
        version: of the export, if it has one.
        **more: further entries.

    Returns:
        dict that JSON can hold.
    """
    config = dict(reenactor.get_config())
    for key in ("dtype", "name", "trainable", "frozen"):
        config.pop(key, None)
    return {
        "model": "aan_keras.Reenactor",
        "preset": preset,
        "version": version,
        "image_size": config["image_size"],
        "weights_sha256": weights_sha256(reenactor),
        "config": config,
        "image": "uint8 RGB, [batch, image_size, image_size, 3]",
        "crop": {"rule": _CROP_RULE, "margin": MARGIN},
        "landmarks": {
            "scheme": "iBUG 68",
            "order": {name: list(span) for name, span in LANDMARK_ORDER.items()},
            "coordinates": (
                "(x, y) in pixels of the image_size crop, pixel centres at integers"
            ),
        },
        "written_by": {
            "aan_keras": aan_keras.__version__,
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "python": platform.python_version(),
        },
        **more,
    }


def weights_sha256(reenactor):
    """SHA-256 of the weights that inference uses.

    Over each weight in the order of names: name, shape and little-endian float32
    values. Equal weights give equal digests whatever they are exported to.
    """
    digest = hashlib.sha256()
    for name, value in sorted(inference_weights(reenactor).items()):
        digest.update(f"{name} {list(value.shape)}\n".encode())
        digest.update(np.ascontiguousarray(value, "<f4").tobytes())
    return digest.hexdigest()


def to_json(description):
    """`describe`'s result as text."""
    return json.dumps(description, indent=2) + "\n"
