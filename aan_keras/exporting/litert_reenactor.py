"""A TFLite export in Python, without TensorFlow."""

import importlib.util
import json
import pathlib
import types
import zipfile

import numpy as np

from aan_keras.faces.input_error import InputError

_METADATA = "aan_metadata.json"


class LiteRTReenactor:
    """Runs a file of `export_tflite`, for `aan_keras.reenact` or alone.

    Args:
        path: the `.tflite` file.
        num_threads: of the interpreter.

    Attributes:
        image_size: side S of the crops.
        metadata: dict, what the export says about itself.

    Raises:
        InputError: not such a file, or `ai-edge-litert` is not installed.

    Example:

    >>> reenactor = LiteRTReenactor("aan.tflite")
    >>> for image in aan_keras.reenact(reenactor, "photo.jpg", "clip.mp4"):
    ...     show(image)  # uint8 [S, S, 3]
    """

    def __init__(self, path, num_threads=1):
        if importlib.util.find_spec("ai_edge_litert") is None:
            raise InputError(
                "TFLite files need the package ai-edge-litert: install "
                "aan_keras[litert]"
            )
        from ai_edge_litert.interpreter import Interpreter

        self.metadata = _read_metadata(path)
        self.image_size = self.metadata["image_size"]
        try:
            interpreter = Interpreter(model_path=str(path), num_threads=num_threads)
            interpreter.allocate_tensors()
            interpreter.get_signature_runner("encode_source")
            # `drive` is the file's first graph, whose inputs keep what was put there: a
            # code is megabytes, and the same for a whole clip. Its runner would put it
            # there for each frame; runners are not held, `invoke` refuses beside them.
            signature = interpreter.get_signature_runner("drive")
            self._places = {
                name: details["index"]
                for name, details in signature.get_input_details().items()
            }
            self._image = signature.get_output_details()["image"]["index"]
        except (ValueError, RuntimeError) as error:
            raise InputError(f"{path} is not a usable TFLite file: {error}") from error
        self._interpreter = interpreter
        self._code = None

    def encode_source(self, source, source_landmarks):
        """Everything that depends on the source photo alone; once a photo.

        Args:
            source: uint8 `[1, S, S, 3]`, RGB.
            source_landmarks: float32 `[1, 68, 2]`.

        Returns:
            Read-only dict of float32 arrays, the `code` of `drive`.
        """
        size = self.image_size
        source = _checked("source", source, "uint8", (1, size, size, 3))
        encode = self._interpreter.get_signature_runner("encode_source")
        code = encode(
            source=source,
            source_landmarks=_landmarks("source_landmarks", source_landmarks),
        )
        for value in code.values():
            value.setflags(write=False)
        return types.MappingProxyType(code)

    def drive(self, code, driving_landmarks):
        """One frame from `encode_source`'s result.

        Args:
            code: dict from `encode_source`.
            driving_landmarks: float32 `[1, 68, 2]`.

        Returns:
            uint8 `[1, S, S, 3]`, RGB.
        """
        landmarks = _landmarks("driving_landmarks", driving_landmarks)
        # Another dict may have been changed since.
        same = code is self._code and isinstance(code, types.MappingProxyType)
        if not same:
            for name, value in code.items():
                self._interpreter.set_tensor(self._places[name], value)
            self._code = code
        place = self._places["driving_landmarks"]
        self._interpreter.set_tensor(place, landmarks)
        self._interpreter.invoke()
        return self._interpreter.get_tensor(self._image)

    def animate(self, source, source_landmarks, driving_landmarks):
        """Yields the frames of one clip.

        Args:
            source: uint8 `[S, S, 3]`.
            source_landmarks: float32 `[68, 2]`.
            driving_landmarks: float32 `[T, 68, 2]`.
        """
        code = self.encode_source(source[None], source_landmarks[None])
        for landmarks in driving_landmarks:
            yield self.drive(code, landmarks[None])[0]


def _read_metadata(path):
    path = pathlib.Path(path)
    if not path.is_file():
        raise InputError(f"cannot read {path}: no such file: check the path")
    try:
        with zipfile.ZipFile(path) as archive:
            return json.loads(archive.read(_METADATA))
    except (zipfile.BadZipFile, KeyError, ValueError):
        raise InputError(
            f"{path} was not written by aan_keras: it carries no {_METADATA}; export "
            "it again with `aan-keras export --format tflite`"
        ) from None


def _landmarks(name, value):
    value = _checked(name, np.asarray(value, "float32"), "float32", (1, 68, 2))
    if not np.isfinite(value).all():
        raise ValueError(f"`{name}` must be finite. Received: NaN or infinity")
    return value


def _checked(name, value, dtype, shape):
    value = np.asarray(value)
    if value.shape != shape or value.dtype != dtype:
        raise ValueError(
            f"`{name}` must be {dtype} {list(shape)}. "
            f"Received: {value.dtype} {list(value.shape)}"
        )
    return value
