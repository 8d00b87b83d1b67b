"""Reenactor to ONNX files."""

import importlib.util
import pathlib

import tensorflow as tf

from aan_keras.exporting import metadata
from aan_keras.exporting.builtin_forms import builtin_forms
from aan_keras.exporting.frame_parts import frame_parts
from aan_keras.exporting.inference_model import inference_model
from aan_keras.exporting.pixels import from_uint8
from aan_keras.exporting.trace_model import trace_model
from aan_keras.exporting.without_notices import without_notices
from aan_keras.faces.input_error import InputError
from aan_keras.faces.output_file import output_file

# Operators of ONNX 1.13: read by ONNX Runtime 1.14 and later.
_OPSET = 17


def export_onnx(reenactor, path, *, preset=None):
    """Writes two ONNX files for a batch of one, of standard operators only.

    `encode_source.onnx` (`photo` uint8 `[1, S, S, 3]`, `photo_landmarks` float32
    `[1, 68, 2]`) gives the code, some 20 float32 tensors; `drive.onnx` (the code under
    the same names, and `driving_landmarks` float32 `[1, 68, 2]`) gives `image`, uint8
    `[1, S, S, 3]`, and what moved the photo, `flow` float32 `[1, h, w, 2]` and `filled`
    float32 `[1, S, S]` (see `Reenactor.drive_with_fill`). Both carry the content of
    `aan_metadata.json` as the metadata property of that name. `OnnxReenactor` runs
    them.

    Args:
        reenactor: `aan_keras.Reenactor`, of any configuration.
        path: folder for the two files; it is made if there is none.
        preset: name of the preset, for the metadata.

    Raises:
        InputError: the package tf2onnx is not installed.
    """
    if importlib.util.find_spec("tf2onnx") is None:
        raise InputError("ONNX files need the package tf2onnx: install aan_keras[onnx]")
    folder = pathlib.Path(path)
    description = metadata.to_json(metadata.describe(reenactor, preset=preset))
    with without_notices():
        models = _convert(inference_model(reenactor))
    folder.mkdir(parents=True, exist_ok=True)
    for name, model in models.items():
        model.metadata_props.add(key=metadata.FILE_NAME, value=description)
        with output_file(folder / f"{name}.onnx") as beside:
            beside.write_bytes(model.SerializeToString())


def _convert(model):
    """ONNX models by name."""
    with builtin_forms():
        encode, drive, code = trace_model(model, batch=1, drive=frame_parts(model))
    size = model.image_size
    names = [spec.name for spec in code]

    def encode_source(source, landmarks):
        result = encode(from_uint8(source), landmarks)
        return {name: tf.identity(result[name]) for name in names}

    def drive_code(landmarks, *parts):
        return drive(dict(zip(names, parts)), landmarks)

    # Not as the code's own `source` and `source_landmarks`: within a file, an output
    # can't have an input's name.
    photo = tf.TensorSpec((1, size, size, 3), tf.uint8, "photo")
    landmarks = tf.TensorSpec((1, 68, 2), tf.float32, "photo_landmarks")
    driving = tf.TensorSpec((1, 68, 2), tf.float32, "driving_landmarks")
    return {
        "encode_source": _to_onnx(encode_source, [photo, landmarks]),
        "drive": _to_onnx(drive_code, [driving, *code]),
    }


def _to_onnx(function, inputs):
    import tf2onnx

    model, _ = tf2onnx.convert.from_function(
        tf.function(function, autograph=False), input_signature=inputs, opset=_OPSET
    )
    return model
