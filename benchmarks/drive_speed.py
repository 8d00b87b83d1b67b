"""Frames a second of `drive`, beside the limit that the processor sets.

The limit is 2 x MACs at the speed of a 2048 x 2048 x 2048 matrix product, measured in
the same run on the same threads, so that the ratio compares between machines.

Example: python benchmarks/drive_speed.py --preset aan_128 --image-size 128
"""

import argparse
import statistics
import time

import tensorflow as tf
from macs import count_macs, trace_model
from model_arguments import (
    add_model_arguments,
    build_model,
    model_context,
    random_inputs,
)
from report import report


def seconds(function, runs, warm_up=3):
    """Times of `runs` calls after a few uncounted ones."""
    times = []
    for i in range(warm_up + runs):
        start = time.perf_counter()
        # The copy to the host waits for the result.
        tf.nest.map_structure(lambda t: t.numpy(), function())
        if i >= warm_up:
            times.append(time.perf_counter() - start)
    return times


def matrix_product_speed(runs=5, side=2048):
    """Floating-point operations a second of the best of `runs` matrix products."""
    a = tf.random.normal((side, side))
    product = tf.function(lambda: tf.reduce_sum(tf.matmul(a, a)))
    return 2 * side**3 / min(seconds(product, runs))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_model_arguments(parser)
    parser.add_argument("--frames", type=int, default=50)
    arguments = parser.parse_args()
    model = build_model(arguments)
    speed = matrix_product_speed()
    encode, drive = trace_model(model)
    inputs = random_inputs(model.image_size)
    source = (inputs["source"], inputs["source_landmarks"])
    code = encode(*source)
    phases = {
        "once a photo": (encode, lambda: encode(*source)),
        "once a frame": (drive, lambda: drive(code, inputs["driving_landmarks"])),
    }
    rows = []
    for name, (function, call) in phases.items():
        macs = sum(count_macs(function).values())
        times = seconds(call, arguments.frames)
        median = statistics.median(times)
        limit = 2 * macs / speed
        rows.append(
            {
                "phase": name,
                "GMAC": macs / 1e9,
                "median ms": median * 1e3,
                "least ms": min(times) * 1e3,
                "a second": 1 / median,
                "limit ms": limit * 1e3,
                "limit / time": limit / median,
            }
        )
    context = model_context(arguments, model)
    context["matrix product GFLOP/s"] = round(speed / 1e9, 1)
    report(f"drive_speed_{model.image_size}px", rows, **context)


if __name__ == "__main__":
    main()
