"""What is evaluated: presets, and two floors that learned nothing."""

import json
import pathlib

import numpy as np

from aan_keras.evaluation.frame_files import DRIVING
from aan_keras.evaluation.resize import resize_image, resize_landmarks

FLOORS = ("copy", "warp")


class Copy:
    """The source, unchanged: the person is right, the motion is not."""

    name, weights, model = "copy", None, None

    def __call__(self, batch):
        return batch["source"].copy()


class Warp:
    """The source under the thin-plate spline between the landmark sets."""

    name, weights, model = "warp", None, None

    def __init__(self, image_size):
        from aan_keras.layers.flow_warp import FlowWarp
        from aan_keras.layers.landmark_flow import LandmarkFlow

        self._flow = LandmarkFlow(image_size, image_size)
        self._warp = FlowWarp()

    def __call__(self, batch):
        flow = self._flow(batch["source_landmarks"], batch["driving_landmarks"])
        return to_levels(self._warp(to_unit(batch["source"]), flow))


class Preset:
    """A `Reenactor` with trained weights.

    Args:
        preset: name of a shipped preset or folder of one.
        name: what tables call it.
        image_size: side of the images that go in and come out. They are resized where
            the model's side is another.
    """

    def __init__(self, preset, name, image_size):
        from aan_keras.models.preset import find_preset
        from aan_keras.models.reenactor import Reenactor

        self.name = name
        self._model = Reenactor.from_preset(preset)
        config = json.loads((find_preset(preset) / "config.json").read_text())
        self.weights, self.model = config["weights_sha256"], config["config"]
        self.image_size = image_size
        self._compiled = None

    def __call__(self, batch):
        size, rows = self._model.image_size, len(batch["source"])
        source = np.stack([resize_image(image, size) for image in batch["source"]])
        inputs = {"source": to_unit(source)}
        for name in ("source_landmarks", "driving_landmarks"):
            inputs[name] = resize_landmarks(batch[name], self.image_size, size)
        images = self._run(inputs, rows)
        return np.stack([resize_image(image, self.image_size) for image in images])

    def _run(self, inputs, rows):
        import tensorflow as tf

        if self._compiled is None:
            # One graph for every number of pairs in a batch.
            self._compiled = tf.function(
                lambda x: self._model(x, training=False), reduce_retracing=True
            )
        return to_levels(self._compiled(inputs))


def make_methods(presets, image_size, floors=FLOORS):
    """The floors asked for and the presets, in this order.

    Args:
        presets: list of names or folders; `NAME=FOLDER` names the row.
        image_size: side of the images, or None for the largest of the presets'.
        floors: which of `"copy"` and `"warp"`.

    Returns:
        `(methods, image_size)`.
    """
    named = _row_names(presets)
    sizes = [_image_size(preset) for preset in named.values()]
    image_size = image_size or max(sizes, default=128)
    methods = [Copy()] if "copy" in floors else []
    methods += [Warp(image_size)] if "warp" in floors else []
    return methods + [Preset(p, name, image_size) for name, p in named.items()], (
        image_size
    )


def _row_names(presets):
    """A name for each preset that no other row has."""
    named = {}
    for preset in presets:
        name, given, folder = str(preset).partition("=")
        if not given or "/" in name:  # A path may have a "=" in it.
            folder, path = str(preset), pathlib.Path(str(preset))
            # A training run keeps its weights in a folder called preset.
            name = path.absolute().parent.name if path.name == "preset" else path.name
        if name in (*named, *FLOORS, DRIVING, ""):
            raise ValueError(
                "Every preset needs a name of its own: write NAME=FOLDER. "
                f"Received: {preset}"
            )
        named[name] = folder
    return named


def _image_size(preset):
    from aan_keras.models.preset import find_preset

    return json.loads((find_preset(preset) / "config.json").read_text())["config"][
        "image_size"
    ]


def to_unit(images):
    """uint8 to float32 in [-1, 1]."""
    return images.astype("float32") / 127.5 - 1.0


def to_levels(images):
    """[-1, 1] to uint8, rounded."""
    images = np.asarray(images, "float32")
    return np.round(np.clip((images + 1.0) * 127.5, 0, 255)).astype("uint8")
