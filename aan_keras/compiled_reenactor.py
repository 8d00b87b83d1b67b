"""A model as the graphs that `reenact` runs."""

import weakref

_COMPILED = weakref.WeakKeyDictionary()


class CompiledReenactor:
    """`encode_source` and `drive` of a model, traced as for a SavedModel.

    Single frames are bit for bit those of the export, see `trace_frames`.

    Args:
        reenactor: `aan_keras.Reenactor`. The graphs hold its variables, not itself.
    """

    def __init__(self, reenactor):
        import tensorflow as tf

        from aan_keras.exporting.pixels import from_uint8
        from aan_keras.exporting.trace_frames import trace_frames

        encode, drive, code = trace_frames(reenactor, only_read=False)

        def encode_pixels(image, landmarks):
            return encode(from_uint8(image), landmarks)

        # Not beside the graphs, nor they by themselves: TensorFlow optimizes what a
        # function calls otherwise than what it is called with.
        size = reenactor.image_size
        image = tf.TensorSpec((None, size, size, 3), tf.uint8)
        landmarks = tf.TensorSpec((None, 68, 2), tf.float32)
        code = {spec.name: spec for spec in code}
        self._encode = _graph(encode_pixels, image, landmarks)
        self._drive = _graph(lambda *inputs: drive(*inputs), code, landmarks)

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

        from aan_keras.exporting.exported_reenactor import FRAME_PARTS

        parts = self._drive(code, tf.constant(landmarks[None], "float32"))
        parts = {name: part.numpy()[0] for name, part in parts.items()}
        return tuple(parts.get(name) for name in FRAME_PARTS)


def _graph(function, *inputs):
    import tensorflow as tf

    return tf.function(function, autograph=False).get_concrete_function(*inputs)
