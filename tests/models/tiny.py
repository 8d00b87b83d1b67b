"""Small Reenactors and inputs for the tests of models."""

import keras
import numpy as np

from aan_keras import Reenactor
from tests.layers.sample_face import sample_landmarks

# Where the shipped presets differ from the paper.
DEPARTURES = {
    "flow_prior": "tps",
    "warp_theta": True,
    "output": "residual",
    "spectral_norm": False,
}
LAYERED = {**DEPARTURES, "flow_prior": "layered", "source_scale": 2}
# The fewest weights and the shortest step, for tests of what is done with them.
LIGHT = {
    "num_fusion_blocks": 1,
    "num_residual_blocks": 0,
    "local_net": False,
    "spectral_norm": False,
    "statistics": "instance",
    "output": "residual",
}


def tiny_reenactor(image_size=64, **arguments):
    """The paper's model, or with `**DEPARTURES` the presets', at width 4."""
    blocks = {"num_fusion_blocks": 2, "num_residual_blocks": 1}
    defaults = {"width": 4, "heatmap_size": 32, **blocks}
    return Reenactor(image_size=image_size, **{**defaults, **arguments})


def batch_of(batch, image_size=64, driving=False, seed=0):
    """Random images and drawn faces under the names of the data contract."""
    rng = np.random.default_rng(seed)

    def image():
        small = rng.uniform(-1, 1, (batch, 8, 8, 3)).astype("float32")
        return keras.ops.image.resize(small, (image_size, image_size))

    inputs = {
        "source": image(),
        "source_landmarks": sample_landmarks(batch, image_size, seed),
        "driving_landmarks": sample_landmarks(batch, image_size, seed + 1),
    }
    if driving:
        inputs["driving"] = image()
    return {name: keras.ops.convert_to_tensor(x) for name, x in inputs.items()}


def shake(model, scale=0.05, seed=0):
    """Moves every weight off its start, so that zero heads can't hide a fault."""
    rng = np.random.default_rng(seed)
    for net in model.generator_nets:
        for variable in net.trainable_variables:
            noise = rng.normal(scale=scale, size=variable.shape)
            variable.assign_add(noise.astype("float32"))
