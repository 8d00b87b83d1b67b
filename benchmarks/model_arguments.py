"""Command-line arguments that choose the model a benchmark runs."""

import keras
import tensorflow as tf

import aan_keras
from aan_keras.models.preset import load_preset
from aan_keras.training.recipes import RECIPES


def add_model_arguments(parser, image_size=256):
    parser.add_argument("--recipe", choices=RECIPES, default="small")
    parser.add_argument("--preset", help="name or folder; replaces the recipe's model")
    parser.add_argument("--image-size", type=int, default=image_size)
    parser.add_argument("--width", type=int, help="replaces the model's")
    parser.add_argument("--heatmap-size", type=int, help="replaces the model's")
    parser.add_argument("--dtype-policy", default="float32")
    parser.add_argument("--threads", type=int, default=1)


def build_model(arguments):
    """The Reenactor that `arguments` ask for; sets the thread count first."""
    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    tf.config.threading.set_inter_op_parallelism_threads(arguments.threads)
    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy(arguments.dtype_policy)
    replaced = {
        "image_size": arguments.image_size,
        "width": arguments.width,
        "heatmap_size": arguments.heatmap_size,
    }
    replaced = {name: value for name, value in replaced.items() if value is not None}
    if arguments.preset is not None:
        return load_preset(aan_keras.Reenactor, arguments.preset, **replaced)
    return aan_keras.Reenactor(**{**RECIPES[arguments.recipe]["model"], **replaced})


def model_context(arguments, model):
    """What a report says about the model."""
    config = model.get_config()
    return {
        "model": arguments.preset or arguments.recipe,
        "image size": config["image_size"],
        "width": config["width"],
        "heatmap size": config["heatmap_size"],
        "policy": arguments.dtype_policy,
        "threads": arguments.threads,
    }


def random_inputs(image_size, batch_size=1):
    """A training batch of noise with landmarks spread as on a face."""
    shape = (batch_size, image_size, image_size, 3)
    centre = keras.random.uniform((batch_size, 68, 2), 0.3, 0.7, seed=2) * image_size
    shift = keras.random.normal((batch_size, 68, 2), stddev=image_size / 128, seed=3)
    return {
        "source": keras.random.uniform(shape, -1.0, 1.0, seed=0),
        "source_landmarks": centre,
        "driving": keras.random.uniform(shape, -1.0, 1.0, seed=1),
        "driving_landmarks": centre + shift,
    }
