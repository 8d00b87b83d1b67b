"""What moved the photo, from exports: for frames larger than the model's."""

import numpy as np
import tensorflow as tf

from tests.exporting.test_saved_model import clip_of, run


def check_motion(flow, filled, expected, levels=0):
    """Flow and fill of one frame, with `levels` of a fill's 255 for its rounding."""
    wanted_flow, wanted_fill = expected
    assert np.abs(wanted_flow).mean() > 0.5 and wanted_fill.std() > 0.1
    np.testing.assert_allclose(flow, wanted_flow, atol=1e-3)
    np.testing.assert_allclose(filled, wanted_fill, atol=1e-3 + levels / 255)


def test_drive(loaded, shrinking, expected_motion):
    arrays = dict(shrinking)
    driving = arrays.pop("driving_landmarks")
    code = run(loaded, "encode_source", **arrays)
    found = run(loaded, "drive_motion", **code, driving_landmarks=driving)
    plain = run(loaded, "drive", **code, driving_landmarks=driving)["image"]
    np.testing.assert_array_equal(found["image"], plain)
    filled = found["filled"].numpy() / 255
    check_motion(found["flow"], filled, expected_motion, levels=0.5)


def test_clips(loaded, shrinking, expected_motion):
    clip = clip_of(shrinking, 3)
    clip["driving_landmarks"][:, 1] = shrinking["driving_landmarks"]
    found = run(loaded, "reenact_clip_motion", **clip)
    images = run(loaded, "reenact_clip", **clip)["image"]
    np.testing.assert_array_equal(found["image"], images)
    filled = found["filled"].numpy() / 255
    check_motion(found["flow"][:, 1], filled[:, 1], expected_motion, levels=0.5)
    assert np.abs(found["flow"][:, 0] - found["flow"][:, 1]).max() > 0.1

    source = clip.pop("source")
    clip["source_bytes"] = [tf.io.encode_png(image).numpy() for image in source]
    files = run(loaded, "reenact_clip_jpeg_motion", **clip)
    plain = run(loaded, "reenact_clip_jpeg", **clip)["image_bytes"]
    np.testing.assert_array_equal(files["image_bytes"], plain)
    assert files["filled_bytes"].shape == (3, 3)
    for row in range(3):
        level = tf.io.decode_png(files["filled_bytes"][row, 1])[..., 0].numpy() / 255
        motion = [part[row] for part in expected_motion]
        check_motion(files["flow"][row, 1], level, motion, levels=0.5)
