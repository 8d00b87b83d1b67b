"""Seconds of one training step on a batch of noise.

Example: python benchmarks/train_step.py --image-size 128 --batch-size 8 --threads 2
"""

import argparse
import statistics

import keras
import tensorflow as tf
from drive_speed import seconds
from model_arguments import (
    add_model_arguments,
    build_model,
    model_context,
    random_inputs,
)
from report import report

from aan_keras.losses import ReenactmentLoss


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_model_arguments(parser, image_size=128)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--gan", action="store_true", help="with both discriminators")
    parser.add_argument(
        "--perceptual", choices=("none", "identity", "vgg16", "vgg19"), default="none"
    )
    arguments = parser.parse_args()
    model = build_model(arguments)
    losses = ReenactmentLoss(
        gan_weight=10.0 if arguments.gan else 0.0,
        perceptual=None if arguments.perceptual == "none" else arguments.perceptual,
    )
    model.compile(keras.optimizers.Adam(1e-4), losses=losses)
    batch = random_inputs(model.image_size, arguments.batch_size)
    step = tf.function(lambda: model.train_step(batch))
    times = seconds(step, arguments.steps)
    median = statistics.median(times)
    row = {
        "discriminators": "yes" if arguments.gan else "no",
        "perceptual": arguments.perceptual,
        "batch": arguments.batch_size,
        "median s": median,
        "least s": min(times),
        "samples/s": arguments.batch_size / median,
    }
    report("train_step", [row], **model_context(arguments))


if __name__ == "__main__":
    main()
