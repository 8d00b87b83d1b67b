"""Ways to call a SavedModel: this TensorFlow, another one, the C++ program."""

import pathlib
import subprocess
import sys
import tempfile

import numpy as np

SCRIPT = pathlib.Path(__file__).resolve().parent / "run_saved_model.py"


class InProcess:
    """The TensorFlow of this process."""

    def __init__(self, path):
        import tensorflow as tf

        self._tf, self._model = tf, tf.saved_model.load(str(path))

    def __call__(self, signature, inputs):
        tensors = {name: self._tf.constant(value) for name, value in inputs.items()}
        outputs = self._model.signatures[signature](**tensors)
        return {name: value.numpy() for name, value in outputs.items()}

    def version(self):
        return self._tf.__version__


class OtherPython:
    """The TensorFlow of another environment; every call is a process.

    Args:
        path: the SavedModel.
        python: that environment's interpreter.
    """

    def __init__(self, path, python):
        self._command = [python, str(SCRIPT), str(path)]

    def __call__(self, signature, inputs):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "inputs.npz"
            np.savez(file, **inputs)
            output = pathlib.Path(folder) / "outputs.npz"
            subprocess.run([*self._command, signature, file, output], check=True)
            with np.load(output) as arrays:
                return dict(arrays)

    def version(self):
        """Of that TensorFlow."""
        code = "import tensorflow; print(tensorflow.__version__)"
        result = subprocess.run(
            [self._command[0], "-c", code], check=True, capture_output=True, text=True
        )
        return result.stdout.strip()


class Program:
    """`export/cpp`'s program; every call is a process.

    Args:
        path: the SavedModel.
        program: path of the program.
    """

    def __init__(self, path, program):
        self._path, self._program = path, program

    def __call__(self, signature, inputs):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            arguments = []
            for name, value in inputs.items():
                file = folder / f"{name}.npy"
                if value.dtype.kind == "S":
                    file = folder / f"{name}.png"
                    file.write_bytes(value[0])
                else:
                    np.save(file, value)
                arguments.append(f"{name}={file}")
            command = [self._program, "run", self._path, signature, folder / "out"]
            subprocess.run([*command, *arguments], check=True, stdout=sys.stderr)
            return _read_outputs(folder / "out")


def _read_outputs(folder):
    outputs = {file.stem: np.load(file) for file in folder.glob("*.npy")}
    for kind in ("*.jpg", "*.png"):
        files = sorted(folder.glob(kind), key=lambda f: int(f.stem.rpartition("_")[2]))
        if files:
            name = files[0].stem.rpartition("_")[0]
            outputs[name] = np.array([file.read_bytes() for file in files], "S")
    return outputs
