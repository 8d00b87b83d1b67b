"""From a trained model to files that run without Keras: SavedModel, LiteRT, ONNX."""

from aan_keras.exporting.litert_reenactor import LiteRTReenactor
from aan_keras.exporting.onnx import export_onnx
from aan_keras.exporting.onnx_reenactor import OnnxReenactor
from aan_keras.exporting.saved_model import export_saved_model
from aan_keras.exporting.tflite import export_tflite
from aan_keras.exporting.versions import export_version

__all__ = [
    "LiteRTReenactor",
    "OnnxReenactor",
    "export_onnx",
    "export_saved_model",
    "export_tflite",
    "export_version",
]
