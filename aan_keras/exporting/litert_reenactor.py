"""A TFLite export in Python, without TensorFlow."""

import importlib.util
import json
import pathlib
import types
import zipfile

from aan_keras.exporting.exported_reenactor import (
    FRAME_PARTS,
    METADATA,
    ExportedReenactor,
)
from aan_keras.faces.input_error import InputError


class LiteRTReenactor(ExportedReenactor):
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

        super().__init__(_read_metadata(path))
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
            self._outputs = {
                name: details["index"]
                for name, details in signature.get_output_details().items()
            }
        except (ValueError, RuntimeError) as error:
            raise InputError(f"{path} is not a usable TFLite file: {error}") from error
        self.gives_motion = self._outputs.keys() >= set(FRAME_PARTS)
        self._interpreter = interpreter
        self._code = None

    def _encode(self, source, source_landmarks):
        encode = self._interpreter.get_signature_runner("encode_source")
        code = encode(source=source, source_landmarks=source_landmarks)
        for value in code.values():
            value.setflags(write=False)
        return types.MappingProxyType(code)

    def _drive(self, code, driving_landmarks, parts):
        # Another dict may have been changed since.
        same = code is self._code and isinstance(code, types.MappingProxyType)
        if not same:
            missing = self._places.keys() - code.keys() - {"driving_landmarks"}
            if missing or not code.keys() <= self._places.keys():
                raise ValueError(
                    "`code` must be from `encode_source` of this file. Received: "
                    f"{', '.join(sorted(map(str, code)))}"
                )
            # The inputs are of nobody until all of them are there.
            self._code = None
            for name, value in code.items():
                self._interpreter.set_tensor(self._places[name], value)
            self._code = code
        place = self._places["driving_landmarks"]
        self._interpreter.set_tensor(place, driving_landmarks)
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(self._outputs[name]) for name in parts]


def _read_metadata(path):
    path = pathlib.Path(path)
    if not path.is_file():
        raise InputError(f"cannot read {path}: no such file: check the path")
    try:
        with zipfile.ZipFile(path) as archive:
            return json.loads(archive.read(METADATA))
    except (zipfile.BadZipFile, KeyError, ValueError):
        raise InputError(
            f"{path} was not written by aan_keras: it carries no {METADATA}; export "
            "it again with `aan-keras export --format tflite`"
        ) from None
