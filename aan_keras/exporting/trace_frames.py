"""The graphs that SavedModels and `aan_keras.reenact` run."""

from aan_keras.exporting.frame_parts import frame_parts
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
        gives the dict of `frame_parts`.
    """
    with tensorflow_forms(model):
        return trace_model(
            model, drive=frame_parts(model), only_read=only_read, inline=False
        )
