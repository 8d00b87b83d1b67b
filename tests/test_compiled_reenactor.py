"""The graphs that `reenact` runs."""

import numpy as np

from aan_keras.compiled_reenactor import CompiledReenactor
from aan_keras.exporting.tensorflow_forms import tensorflow_forms
from tests.models.tiny import DEPARTURES, batch_of, shake, tiny_reenactor


def test_frame_and_flow_are_the_models():
    model = tiny_reenactor(**DEPARTURES, anchor=True)
    shake(model)
    calls, original = [], model.paint

    def paint(*arguments):
        calls.append(arguments)
        return original(*arguments)

    model.paint = paint
    compiled = CompiledReenactor(model)
    # By `encode_source` for the anchor and by `drive`, with the same graph.
    assert len(calls) == 1
    inputs = {name: np.asarray(value) for name, value in batch_of(1).items()}
    pixels = np.round((inputs["source"] + 1) * 127.5)
    inputs["source"] = pixels.astype("float32") / 127.5 - 1
    code = compiled.encode_source(
        pixels[0].astype("uint8"), inputs["source_landmarks"][0]
    )
    image, flow, filled = compiled.drive(code, inputs["driving_landmarks"][0])
    model.paint = original
    with tensorflow_forms():
        code = model.encode_source(inputs["source"], inputs["source_landmarks"])
        driving = inputs["driving_landmarks"]
        wanted, wanted_flow, wanted_fill = model.drive_with_fill(code, driving)
    assert image.dtype == np.uint8 and np.std(image) > 5
    assert np.abs(image - (np.asarray(wanted[0]) + 1) * 127.5).max() < 0.51
    np.testing.assert_allclose(flow, wanted_flow[0], atol=1e-4)
    np.testing.assert_allclose(filled, wanted_fill[0, ..., 0], atol=1e-4)
