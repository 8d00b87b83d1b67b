"""An ONNX export in Python, without TensorFlow."""

import importlib.util
import json
import pathlib
import types

from aan_keras.exporting.exported_reenactor import (
    FRAME_PARTS,
    METADATA,
    ExportedReenactor,
)
from aan_keras.faces.input_error import InputError


class OnnxReenactor(ExportedReenactor):
    """Runs a folder of `export_onnx`, for `aan_keras.reenact` or alone.

    Args:
        path: the folder with `encode_source.onnx` and `drive.onnx`.
        num_threads: of ONNX Runtime.
        providers: ONNX Runtime's execution providers, the preferred one first, such as
            `["CUDAExecutionProvider", "CPUExecutionProvider"]`.

    Attributes:
        image_size: side S of the crops.
        metadata: dict, what the export says about itself.

    Raises:
        InputError: not such a folder, files of two exports, or `onnxruntime` is not
            installed.

    Example:

    >>> reenactor = OnnxReenactor("aan_onnx")
    >>> for image in aan_keras.reenact(reenactor, "photo.jpg", "clip.mp4"):
    ...     show(image)  # uint8 [S, S, 3]
    """

    def __init__(self, path, num_threads=1, providers=("CPUExecutionProvider",)):
        if importlib.util.find_spec("onnxruntime") is None:
            raise InputError(
                "ONNX files need the package onnxruntime: install aan_keras[onnx]"
            )
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = num_threads
        sessions, metadata = {}, {}
        for name in ("encode_source", "drive"):
            file = pathlib.Path(path) / f"{name}.onnx"
            if not file.is_file():
                raise InputError(f"cannot read {file}: no such file: check the path")
            try:
                session = onnxruntime.InferenceSession(
                    str(file), options, providers=list(providers)
                )
            # Its errors have no common class but this.
            except Exception as error:
                raise InputError(
                    f"{file} is not a usable ONNX file: {error}"
                ) from error
            properties = session.get_modelmeta().custom_metadata_map
            if METADATA not in properties:
                raise InputError(
                    f"{file} was not written by aan_keras: it carries no {METADATA}; "
                    "export it again with `aan-keras export --format onnx`"
                )
            sessions[name], metadata[name] = session, json.loads(properties[METADATA])
        if metadata["encode_source"] != metadata["drive"]:
            raise InputError(f"{path} holds files of two exports: export it again")
        super().__init__(metadata["drive"])
        self._encoder, self._driver = sessions["encode_source"], sessions["drive"]
        outputs = {output.name for output in self._driver.get_outputs()}
        self.gives_motion = outputs.issuperset(FRAME_PARTS)

    def _encode(self, source, source_landmarks):
        inputs = {"photo": source, "photo_landmarks": source_landmarks}
        names = [output.name for output in self._encoder.get_outputs()]
        code = dict(zip(names, self._encoder.run(names, inputs)))
        for value in code.values():
            value.setflags(write=False)
        return types.MappingProxyType(code)

    def _drive(self, code, driving_landmarks, parts):
        inputs = {**code, "driving_landmarks": driving_landmarks}
        return self._driver.run(list(parts), inputs)
