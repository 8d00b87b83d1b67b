"""Runs one signature of a SavedModel; needs TensorFlow and NumPy, nothing else.

Example: python run_saved_model.py models/aan/1 serving_default in.npz out.npz
"""

import sys

import numpy as np
import tensorflow as tf


def main():
    path, signature, inputs, output = sys.argv[1:]
    function = tf.saved_model.load(path).signatures[signature]
    with np.load(inputs) as arrays:
        tensors = {name: tf.constant(value) for name, value in arrays.items()}
    outputs = {name: value.numpy() for name, value in function(**tensors).items()}
    # Object arrays would need pickle. A JPEG file does not end in the zero bytes that
    # an array of fixed length drops.
    for name, value in outputs.items():
        if value.dtype == object:
            outputs[name] = np.array(value.tolist(), "S")
    np.savez(output, **outputs)


if __name__ == "__main__":
    main()
