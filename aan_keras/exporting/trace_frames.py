"""The graphs that SavedModels and `aan_keras.reenact` run."""

from aan_keras.exporting.pixels import to_uint8
from aan_keras.exporting.tensorflow_forms import tensorflow_forms
from aan_keras.exporting.trace_model import trace_model


def trace_frames(model, only_read=True):
    """Traces `encode_source` and `drive` so that all callers get the same bits.

    They are the same operations for the same open batch, and are not merged into their
    callers, where TensorFlow's optimizer would order them otherwise: a level of two in
    100,000 values, of which JPEG files make several.

    Args:
        model: `Reenactor`.
        only_read: as of `trace_model`.

    Returns:
        `(encode, drive, code)` as of `trace_model`; `drive(code, driving_landmarks)`
        gives the image, uint8 `[B, S, S, 3]`, the flow, float32 `[B, h, w, 2]`, and
        where the background was filled in, float32 `[B, S, S]`: see
        `Reenactor.drive_with_fill`. Of a model that has only `drive`, None for both.
    """

    def drive(code, landmarks):
        if hasattr(model, "drive_with_fill"):
            image, flow, filled = model.drive_with_fill(code, landmarks)
            return to_uint8(image), flow, filled[..., 0]
        return to_uint8(model.drive(code, landmarks)), None, None

    with tensorflow_forms(model):
        return trace_model(model, drive=drive, only_read=only_read, inline=False)
