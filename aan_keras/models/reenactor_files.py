"""Presets and exports of the model."""


class ReenactorFiles:
    """The part of `Reenactor` that reads and writes files, but for `.keras` ones."""

    @classmethod
    def from_preset(cls, preset):
        """Loads a shipped preset by name, or a preset folder by path.

        Args:
            preset: `"aan_128"`, or the path `save_to_preset` wrote to.

        Returns:
            The model, its weights checked against their SHA-256.
        """
        from aan_keras.models.preset import load_preset

        return load_preset(cls, preset)

    def save_to_preset(self, path):
        """Writes `config.json` and float16 weights (the moving averages) to a folder.

        Args:
            path: folder; created if it does not exist.
        """
        from aan_keras.models.preset import save_preset

        save_preset(self, path)

    def export_saved_model(self, path, **options):
        """Writes a SavedModel that runs without Keras.

        Args:
            path: folder to write.
            **options: see `aan_keras.exporting.export_saved_model`.
        """
        from aan_keras.exporting.saved_model import export_saved_model

        export_saved_model(self, path, **options)

    def export_tflite(self, path, quantization=None, **options):
        """Writes a TFLite file for LiteRT, on phones and elsewhere.

        Args:
            path: file to write.
            quantization: None, `"float16"`, `"dynamic"` or `"int8"`.
            **options: see `aan_keras.exporting.export_tflite`.
        """
        from aan_keras.exporting.tflite import export_tflite

        export_tflite(self, path, quantization, **options)
