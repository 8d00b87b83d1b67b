"""A reenactor that remembers its calls."""

import numpy as np


class Recorder:
    """A reenactor's two calls; the drawn image says what it was called with."""

    image_size = 64

    def __init__(self):
        self.encoded = self.driven = 0
        self.sources, self.landmarks = [], []

    def encode_source(self, source, source_landmarks):
        import tensorflow as tf

        def note(image, points):
            self.encoded += 1
            self.sources.append((image, points))
            return image

        code = tf.numpy_function(note, [source, source_landmarks], "float32")
        return {"source": tf.ensure_shape(code, [1, 64, 64, 3])}

    def drive(self, code, driving_landmarks):
        import tensorflow as tf

        def note(image, points):
            self.driven += 1
            self.landmarks.append(points)
            return np.clip(image + 0.25, -2, 2).astype("float32")

        return tf.numpy_function(note, [code["source"], driving_landmarks], "float32")
