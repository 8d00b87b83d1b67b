"""One model in each form that it is exported to, called the same way.

Heavy packages are imported where they are needed, so that a process holds only what its
runtime needs.
"""

import importlib.util
import pathlib

ANIMATE = pathlib.Path(__file__).resolve().parents[1] / "export/mobile/animate.py"


class KerasRuntime:
    """The preset itself, compiled."""

    def __init__(self, preset, threads=None, image_size=None):
        tf = _tensorflow(threads)
        from aan_keras import Reenactor
        from aan_keras.exporting.pixels import from_uint8, to_uint8
        from aan_keras.models.preset import load_preset

        replaced = {} if image_size is None else {"image_size": image_size}
        model = load_preset(Reenactor, preset, **replaced)

        @tf.function(autograph=False)
        def encode(source, landmarks):
            return model.encode_source(from_uint8(source), landmarks)

        @tf.function(autograph=False)
        def drive(code, landmarks):
            return to_uint8(model.drive(code, landmarks))

        self._encode, self._drive = encode, drive

    def encode_source(self, source, source_landmarks):
        code = self._encode(source, source_landmarks)
        code["appearance"].numpy()  # Waits for the result.
        return code

    def drive(self, code, driving_landmarks):
        return self._drive(code, driving_landmarks).numpy()


class SavedModelRuntime:
    """A SavedModel, without Keras."""

    def __init__(self, path, threads):
        tf = _tensorflow(threads)
        self._constant = tf.constant
        self._model = tf.saved_model.load(str(path))

    def run(self, signature, **inputs):
        tensors = {name: self._constant(value) for name, value in inputs.items()}
        outputs = self._model.signatures[signature](**tensors)
        return {name: value.numpy() for name, value in outputs.items()}

    def encode_source(self, source, source_landmarks):
        outputs = self._model.signatures["encode_source"](
            source=self._constant(source),
            source_landmarks=self._constant(source_landmarks),
        )
        outputs["appearance"].numpy()
        return outputs

    def drive(self, code, driving_landmarks):
        return self._model.signatures["drive"](
            **code, driving_landmarks=self._constant(driving_landmarks)
        )["image"].numpy()

    def reenact_clip(self, source, source_landmarks, driving_landmarks):
        inputs = {"source": source, "source_landmarks": source_landmarks}
        return self.run(
            "reenact_clip", **inputs, driving_landmarks=driving_landmarks[None]
        )["image"][0]

    def reenact_singly(self, source, source_landmarks, driving_landmarks):
        inputs = {"source": source, "source_landmarks": source_landmarks}
        for landmarks in driving_landmarks:
            self.run("serving_default", **inputs, driving_landmarks=landmarks[None])


def litert_runtime(path, threads):
    """A TFLite file: the example program's, without TensorFlow or this package."""
    spec = importlib.util.spec_from_file_location("animate", ANIMATE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Animator(path, threads)


class OnnxRuntime:
    """A folder of ONNX files, without TensorFlow or this package."""

    def __init__(self, path, threads):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._sessions = {
            name: onnxruntime.InferenceSession(
                str(pathlib.Path(path) / f"{name}.onnx"), options
            )
            for name in ("encode_source", "drive")
        }

    def encode_source(self, source, source_landmarks):
        session = self._sessions["encode_source"]
        names = [output.name for output in session.get_outputs()]
        inputs = {"photo": source, "photo_landmarks": source_landmarks}
        return dict(zip(names, session.run(names, inputs)))

    def drive(self, code, driving_landmarks):
        inputs = {**code, "driving_landmarks": driving_landmarks}
        return self._sessions["drive"].run(["image"], inputs)[0]


def _tensorflow(threads):
    import tensorflow as tf

    if threads is None:  # As it is: TensorFlow may have run already.
        return tf
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    return tf
