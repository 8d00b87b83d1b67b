"""From a trained model to files that run without Keras: SavedModel and LiteRT."""

from aan_keras.exporting.saved_model import export_saved_model
from aan_keras.exporting.versions import export_version

__all__ = [
    "export_saved_model",
    "export_version",
]
