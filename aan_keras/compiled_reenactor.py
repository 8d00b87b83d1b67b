"""A model as the graphs that `reenact` runs."""

import weakref

_COMPILED = weakref.WeakKeyDictionary()


class CompiledReenactor:
    """`encode_source` and `drive` of a model, traced as for a SavedModel.

    With the same operations for the same open batch, single frames are those of the
    export, but for what TensorFlow's optimizer rewrites otherwise from graph to graph:
    a level of two in 100,000 values.

    Args:
        reenactor: `aan_keras.Reenactor`. The graphs hold its variables, not itself.
    """

    def __init__(self, reenactor):
        import tensorflow as tf

        from aan_keras.exporting.pixels import from_uint8, to_uint8
        from aan_keras.exporting.tensorflow_forms import tensorflow_forms
        from aan_keras.exporting.trace_model import trace_model

        def drive(code, landmarks):
            if hasattr(reenactor, "drive_with_fill"):
                image, flow, filled = reenactor.drive_with_fill(code, landmarks)
                return to_uint8(image), flow, filled[..., 0]
            return to_uint8(reenactor.drive(code, landmarks)), None, None

        with tensorflow_forms(reenactor):
            graphs = trace_model(reenactor, drive=drive, only_read=False)
        encode, self._drive, _ = graphs

        def encode_pixels(image, landmarks):
            return encode(from_uint8(image), landmarks)

        # Not beside the graph: TensorFlow may divide in another way within one.
        size = reenactor.image_size
        image = tf.TensorSpec((None, size, size, 3), tf.uint8)
        landmarks = tf.TensorSpec((None, 68, 2), tf.float32)
        encode_pixels = tf.function(encode_pixels, autograph=False)
        self._encode = encode_pixels.get_concrete_function(image, landmarks)

    @staticmethod
    def of(reenactor):
        """Traced once a model, and not once a photo."""
        # A graph holds the variables it was traced with, so it goes with these.
        averages = list(getattr(reenactor, "averages", ()))
        traced_with, compiled = _COMPILED.get(reenactor, (None, None))
        if traced_with is None or [*map(id, traced_with)] != [*map(id, averages)]:
            compiled = CompiledReenactor(reenactor)
            _COMPILED[reenactor] = averages, compiled
        return compiled

    def encode_source(self, image, landmarks):
        """The code of a photo's crop, for `drive`.

        Args:
            image: uint8 RGB `[S, S, 3]`.
            landmarks: float32 `[68, 2]`, in pixels of it.
        """
        import tensorflow as tf

        points = tf.constant(landmarks[None], "float32")
        return self._encode(tf.constant(image[None]), points)

    def drive(self, code, landmarks):
        """A frame, and what `PasteBack` takes beside it.

        Args:
            code: from `encode_source`.
            landmarks: float32 `[68, 2]`, of the driving face.

        Returns:
            image: uint8 RGB `[S, S, 3]`.
            flow: float32 `[h, w, 2]`, that moved the source, in pixels of its own grid;
                None if the model gives none.
            filled: float32 `[S, S]`, where the background behind the person shows; or
                None.
        """
        import tensorflow as tf

        parts = self._drive(code, tf.constant(landmarks[None], "float32"))
        return tuple(None if part is None else part.numpy()[0] for part in parts)
