"""Reenactor to one TFLite file for LiteRT."""

import pathlib
import tempfile
import zipfile

import keras
import numpy as np
import tensorflow as tf

from aan_keras.exporting import metadata
from aan_keras.exporting.builtin_forms import builtin_forms
from aan_keras.exporting.frame_parts import frame_parts
from aan_keras.exporting.inference_model import inference_model
from aan_keras.exporting.pixels import from_uint8
from aan_keras.exporting.quantization import QUANTIZATIONS, quantize
from aan_keras.exporting.trace_model import trace_model
from aan_keras.exporting.without_notices import without_notices
from aan_keras.faces.output_file import output_file

_HUGE = 1e9


def export_tflite(
    reenactor, path, quantization=None, *, data=None, preset=None, report=None
):
    """Writes a TFLite file of builtin operations only.

    Two signatures, for a batch of one: `encode_source` (`source` uint8
    `[1, S, S, 3]`, `source_landmarks` float32 `[1, 68, 2]`) gives the code, a dict of
    float32 tensors; `drive` (the code and `driving_landmarks` float32 `[1, 68, 2]`)
    gives `image`, uint8 `[1, S, S, 3]`, and what moved the photo, `flow` float32
    `[1, h, w, 2]` and `filled` float32 `[1, S, S]` (see `Reenactor.drive_with_fill`).
    The file carries `aan_metadata.json` as an associated file: it is a zip archive too.

    Only convolutions are quantized. Landmarks, splines, flows and sampling positions
    stay float32: a coordinate of 8 or 16 bits is off by pixels.

    Args:
        reenactor: `aan_keras.Reenactor`, of any configuration.
        path: the file to write; it appears when it is complete.
        quantization: None, `"float16"` (half the size), `"dynamic"` (8-bit weights,
            activations quantized when they arrive; a third of the size, fastest on
            CPU) or `"int8"` (activations in ranges found from `data`; for accelerators
            that compute with integers only).
        data: folder of face crops as for training, `<identity>/<clip>/*.jpg`, for
            `"int8"`; None takes the bundled portrait and motion, one face only.
        preset: name of the preset, for the metadata.
        report: callable that takes a line of text.
    """
    if quantization not in QUANTIZATIONS:
        raise ValueError(
            f"`quantization` must be one of {QUANTIZATIONS}. "
            f"Received: quantization={quantization}"
        )
    description = metadata.describe(
        reenactor, preset=preset, quantization=quantization or "none"
    )
    content = convert(inference_model(reenactor, late_heads=True))
    if quantization is not None:
        content = quantize(
            content,
            quantization,
            reenactor.image_size,
            reenactor.num_fusion_blocks,
            data,
            report,
        )
    with output_file(path) as beside:
        pathlib.Path(beside).write_bytes(content)
        with zipfile.ZipFile(beside, "a") as archive:
            archive.writestr(metadata.FILE_NAME, metadata.to_json(description))


def convert(model):
    """A float32 TFLite model of an inference model, as bytes."""
    module = _LiteRTModule(model)
    # No notice of what is written into a folder that is gone a moment later.
    with tempfile.TemporaryDirectory() as folder, without_notices():
        tf.saved_model.save(module, folder, signatures=module.signatures())
        converter = tf.lite.TFLiteConverter.from_saved_model(
            folder, signature_keys=["encode_source", "drive"]
        )
        return converter.convert()


class _LiteRTModule(tf.Module):
    """`encode_source` and `drive` for one source, the weights as constants.

    With several signatures, the converter would leave variables in the file.
    """

    def __init__(self, model):
        super().__init__()
        self._size = model.image_size
        constants = [
            (variable, tf.constant(np.asarray(variable)))
            for net in model.generator_nets
            for variable in net.variables
        ]
        with keras.StatelessScope(state_mapping=constants), builtin_forms():
            self._encode, self._drive, self._code = trace_model(
                model, batch=1, drive=frame_parts(model)
            )

    def signatures(self):
        """Concrete functions by name."""
        size = self._size
        source = tf.TensorSpec((1, size, size, 3), tf.uint8, "source")
        landmarks = tf.TensorSpec((1, 68, 2), tf.float32, "source_landmarks")
        driving = tf.TensorSpec((1, 68, 2), tf.float32, "driving_landmarks")
        inputs = {
            "encode_source": (self.encode_source, source, landmarks),
            "drive": (self.drive, driving, *self._code),
        }
        return {
            name: tf.function(function, autograph=False).get_concrete_function(
                **{spec.name: spec for spec in specs}
            )
            for name, (function, *specs) in inputs.items()
        }

    def encode_source(self, source, source_landmarks):
        code = self._encode(from_uint8(source), source_landmarks)
        # An output that is an input too, or that a quantized convolution reads, would
        # be left empty: each has an operation of its own, which changes nothing.
        return {
            spec.name: tf.clip_by_value(code[spec.name], -_HUGE, _HUGE)
            for spec in self._code
        }

    def drive(self, driving_landmarks, **code):
        return self._drive(code, driving_landmarks)
