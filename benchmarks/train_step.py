"""Seconds of one training step on a batch of noise, with oneDNN as `aan-keras train`.

Example: python benchmarks/train_step.py --image-size 128 --batch-size 8 --threads 2
"""

import argparse
import os
import statistics

# TensorFlow reads it when it is imported.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

import keras
import tensorflow as tf
from drive_speed import matrix_product_speed, seconds
from model_arguments import (
    add_model_arguments,
    build_model,
    model_context,
    random_inputs,
)
from report import report

from aan_keras.losses import ReenactmentLoss
from aan_keras.training.recipes import RECIPES


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_model_arguments(parser, image_size=128)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--gan-weight", type=float, help="0: no discriminators")
    parser.add_argument("--perceptual", help="vgg19, vgg16, identity or none")
    arguments = parser.parse_args()
    model = build_model(arguments)
    options = dict(RECIPES[arguments.recipe]["losses"])
    if arguments.gan_weight is not None:
        options["gan_weight"] = arguments.gan_weight
    if arguments.perceptual is not None:
        name = arguments.perceptual
        options["perceptual"] = None if name == "none" else name
        if name != "identity":
            options.pop("identity_weight", None)  # the same network
    losses = ReenactmentLoss(**options)
    model.compile(keras.optimizers.Adam(1e-4), losses=losses)
    batch = random_inputs(model.image_size, arguments.batch_size)
    speed = matrix_product_speed()
    step = tf.function(lambda: model.train_step(batch))
    times = seconds(step, arguments.steps)
    median = statistics.median(times)
    row = {
        "gan weight": losses.gan_weight,
        "perceptual": losses.perceptual or "none",
        "batch": arguments.batch_size,
        "median s": median,
        "least s": min(times),
        "samples/s": arguments.batch_size / median,
    }
    context = model_context(arguments, model)
    context["matrix product GFLOP/s"] = round(speed / 1e9, 1)
    context["oneDNN"] = os.environ["TF_ENABLE_ONEDNN_OPTS"]
    report(f"train_step_{model.image_size}px", [row], **context)


if __name__ == "__main__":
    main()
