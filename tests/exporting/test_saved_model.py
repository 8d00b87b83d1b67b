"""The SavedModel: what it announces, and that it computes what Keras computes."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from aan_keras.compiled_reenactor import CompiledReenactor
from aan_keras.exporting.image_bytes import encode_jpeg
from aan_keras.exporting.inference_model import inference_model
from tests.models.tiny import batch_of

LANDMARKS = (1, [-1, 68, 2])  # DT_FLOAT
IMAGE, CLIP = (4, [-1, 64, 64, 3]), (4, [-1, -1, 64, 64, 3])  # DT_UINT8
DRIVING_CLIP = (1, [-1, -1, 68, 2])
FILES, CLIP_FILES = (7, [-1]), (7, [-1, -1])  # DT_STRING
CLIP_FLOW, CLIP_FILLED = (1, [-1, -1, 32, 32, 2]), (4, [-1, -1, 64, 64])
PIXELS, FROM_FILES = ("source", IMAGE), ("source_bytes", FILES)
SIGNATURES = {
    "serving_default": (PIXELS, LANDMARKS, {"image": IMAGE}),
    "reenact_clip": (PIXELS, DRIVING_CLIP, {"image": CLIP}),
    "reenact_clip_motion": (
        PIXELS,
        DRIVING_CLIP,
        {"image": CLIP, "flow": CLIP_FLOW, "filled": CLIP_FILLED},
    ),
    "reenact_jpeg": (FROM_FILES, LANDMARKS, {"image_bytes": FILES}),
    "reenact_clip_jpeg": (FROM_FILES, DRIVING_CLIP, {"image_bytes": CLIP_FILES}),
    "reenact_clip_jpeg_motion": (
        FROM_FILES,
        DRIVING_CLIP,
        {"image_bytes": CLIP_FILES, "flow": CLIP_FLOW, "filled_bytes": CLIP_FILES},
    ),
}


@pytest.fixture(scope="module")
def definitions(exported):
    proto = saved_model_pb2.SavedModel()
    proto.ParseFromString((exported / "saved_model.pb").read_bytes())
    return proto.meta_graphs[0].signature_def


def described(tensors):
    return {
        name: (info.dtype, [axis.size for axis in info.tensor_shape.dim])
        for name, info in tensors.items()
    }


def difference(found, wanted):
    return np.abs(np.asarray(found).astype(int) - wanted).max()


def run(loaded, signature, **inputs):
    tensors = {name: tf.constant(value) for name, value in inputs.items()}
    return loaded.signatures[signature](**tensors)


def clip_of(arrays, frames):
    """Source of `arrays`, with as many driving sets for each."""
    sets = np.stack(
        [
            np.asarray(batch_of(len(arrays["source"]), seed=t)["driving_landmarks"])
            for t in range(frames)
        ],
        axis=1,
    )
    return {**arrays, "driving_landmarks": sets}


def test_names_types_and_shapes(definitions):
    assert set(definitions) - {"__saved_model_init_op"} == {
        *SIGNATURES,
        "encode_source",
        "drive",
        "drive_motion",
    }
    for name, ((source, image), driving, outputs) in SIGNATURES.items():
        assert described(definitions[name].inputs) == {
            source: image,
            "source_landmarks": LANDMARKS,
            "driving_landmarks": driving,
        }
        assert described(definitions[name].outputs) == outputs
    code = described(definitions["encode_source"].outputs)
    for name in ("drive", "drive_motion"):
        assert described(definitions[name].inputs) == {
            **code,
            "driving_landmarks": LANDMARKS,
        }
    assert code["gamma_2"] == code["beta_2"] == (1, [-1, 32, 32, 8])
    assert described(definitions["drive"].outputs) == {"image": IMAGE}
    assert described(definitions["drive_motion"].outputs) == {
        "image": IMAGE,
        "flow": (1, [-1, 32, 32, 2]),
        "filled": (4, [-1, 64, 64]),
    }


def test_serving_default(loaded, request_arrays, expected):
    assert expected.std() > 5
    found = run(loaded, "serving_default", **request_arrays)["image"]
    assert difference(found, expected) <= 1
    # Row by row: no image depends on the others of its batch.
    last = {name: value[2:] for name, value in request_arrays.items()}
    found = run(loaded, "serving_default", **last)["image"]
    assert difference(found, expected[2:]) <= 1


def test_encode_and_drive(loaded, request_arrays, expected):
    arrays = dict(request_arrays)
    driving = arrays.pop("driving_landmarks")
    code = run(loaded, "encode_source", **arrays)
    found = run(loaded, "drive", **code, driving_landmarks=driving)["image"]
    assert difference(found, expected) <= 1


# 64 of these small frames are computed at a time.
@pytest.mark.parametrize("batch, frames", [(1, 1), (1, 70), (2, 35)])
def test_clip_is_frame_by_frame_the_same(loaded, request_arrays, batch, frames):
    arrays = {name: value[:batch] for name, value in request_arrays.items()}
    clip = clip_of(arrays, frames)
    images = run(loaded, "reenact_clip", **clip)["image"]
    assert images.shape == (batch, frames, 64, 64, 3)
    for t in {0, frames // 2, frames - 1}:
        frame = {**clip, "driving_landmarks": clip["driving_landmarks"][:, t]}
        found = run(loaded, "serving_default", **frame)["image"]
        assert difference(images[:, t], found.numpy()) <= 1


def test_clips_are_the_same_in_every_call(loaded, shrinking):
    """Also after ninety frames, when TensorFlow orders operations otherwise."""
    clip = clip_of(shrinking, 4)
    png = [tf.io.encode_png(image).numpy() for image in clip.pop("source")]
    first = None
    for _ in range(10):
        answer = run(loaded, "reenact_clip_jpeg_motion", source_bytes=png, **clip)
        answer = {name: value.numpy().tolist() for name, value in answer.items()}
        first = first or answer
        assert answer == first


def test_files(loaded, reenactor, request_arrays, expected):
    arrays = clip_of(request_arrays, 2)
    arrays["driving_landmarks"][:, 1] = request_arrays["driving_landmarks"]
    source = arrays.pop("source")
    arrays["source_bytes"] = [tf.io.encode_png(image).numpy() for image in source]
    clip = run(loaded, "reenact_clip_jpeg", **arrays)["image_bytes"].numpy()
    arrays["driving_landmarks"] = request_arrays["driving_landmarks"]
    frame = run(loaded, "reenact_jpeg", **arrays)["image_bytes"].numpy()
    assert clip.shape == (3, 2) and frame.shape == (3,)
    images = run(loaded, "serving_default", **request_arrays)["image"]
    assert [encode_jpeg(image).numpy() for image in images] == frame.tolist()
    # Frames that are computed alone are those of `aan_keras.reenact`, to the last bit.
    compiled = CompiledReenactor(inference_model(reenactor))
    for i in range(3):
        one = {name: value[i : i + 1] for name, value in arrays.items()}
        (alone,) = run(loaded, "reenact_jpeg", **one)["image_bytes"].numpy()
        points = request_arrays["source_landmarks"][i]
        code = compiled.encode_source(request_arrays["source"][i], points)
        image, *_ = compiled.drive(code, request_arrays["driving_landmarks"][i])
        assert clip[i, 1] == alone == encode_jpeg(image).numpy()
    for data, wanted in zip(frame, expected):
        error = tf.io.decode_jpeg(data).numpy().astype("float64") - wanted
        assert 10 * np.log10(255**2 / np.mean(error**2)) > 35


def test_a_session_makes_the_same_bits(exported, loaded, request_arrays):
    """As C++ and model servers run it: another optimizer, for the whole graph."""
    one = {name: value[:1] for name, value in request_arrays.items()}
    code = {name: one[name] for name in ("source", "source_landmarks")}
    runs = {"serving_default": one, "encode_source": code}
    expected = {name: run(loaded, name, **inputs) for name, inputs in runs.items()}
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        graph = tf.compat.v1.saved_model.load(session, ["serve"], str(exported))
        for name, inputs in runs.items():
            signature = graph.signature_def[name]
            outputs = {key: info.name for key, info in signature.outputs.items()}
            feed = {signature.inputs[key].name: inputs[key] for key in inputs}
            found = session.run(outputs, feed)
            for key, value in expected[name].items():
                np.testing.assert_array_equal(found[key], value.numpy(), key)


def check_motion(flow, filled, expected, levels=0):
    """Flow and fill of one frame, with `levels` of a fill's 255 for its rounding."""
    wanted_flow, wanted_fill = expected
    assert np.abs(wanted_flow).mean() > 0.5 and wanted_fill.std() > 0.1
    np.testing.assert_allclose(flow, wanted_flow, atol=1e-3)
    np.testing.assert_allclose(filled, wanted_fill, atol=1e-3 + levels / 255)


def test_motion_beside_a_frame(loaded, shrinking, expected_motion):
    arrays = dict(shrinking)
    driving = arrays.pop("driving_landmarks")
    code = run(loaded, "encode_source", **arrays)
    found = run(loaded, "drive_motion", **code, driving_landmarks=driving)
    plain = run(loaded, "drive", **code, driving_landmarks=driving)["image"]
    np.testing.assert_array_equal(found["image"], plain)
    filled = found["filled"].numpy() / 255
    check_motion(found["flow"], filled, expected_motion, levels=0.5)


def test_motion_beside_clips(loaded, shrinking, expected_motion):
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


# An image, and beside it as many levels again as it has pixels, and a flow.
@pytest.mark.parametrize(
    "signature, most",
    [
        ("reenact_clip", 2**31 // (64 * 64 * 3)),
        ("reenact_clip_motion", 2**31 // (64 * 64 * 4 + 32 * 32 * 8)),
    ],
)
def test_clips_without_an_end(loaded, request_arrays, signature, most):
    arrays = {name: value[:1] for name, value in request_arrays.items()}
    for frames in (0, most + 1):
        arrays["driving_landmarks"] = np.full((1, frames, 68, 2), 32.0, "float32")
        with pytest.raises(tf.errors.InvalidArgumentError, match=f"1 to {most} frames"):
            run(loaded, signature, **arrays)


def test_metadata(exported, reenactor):
    found = json.loads((exported / "assets" / "aan_metadata.json").read_text())
    assert found["preset"] == "tiny"
    assert found["version"] == 7
    assert found["image_size"] == 64
    assert len(found["weights_sha256"]) == 64
    order = found["landmarks"]["order"]
    assert [span[0] for span in order.values()] == [0, 17, 22, 27, 36, 42, 48]
    assert found["config"]["flow_prior"] == reenactor.get_config()["flow_prior"]


def test_batch_of_the_bundled_warm_up_requests(exported, loaded):
    from tensorflow_serving.apis import prediction_log_pb2

    path = exported / "assets.extra" / "tf_serving_warmup_requests"
    names = []
    for record in tf.data.TFRecordDataset(str(path)):
        log = prediction_log_pb2.PredictionLog.FromString(record.numpy())
        request = log.predict_log.request
        assert request.model_spec.name == "faces"
        inputs = {k: tf.make_ndarray(v) for k, v in request.inputs.items()}
        outputs = run(loaded, request.model_spec.signature_name, **inputs)
        assert all(value.shape[0] == 1 for value in outputs.values())
        names.append(request.model_spec.signature_name)
    assert names == [*SIGNATURES, "encode_source"]


def test_the_weights_digest_follows_the_weights(reenactor):
    from aan_keras.exporting.metadata import weights_sha256

    before = weights_sha256(reenactor)
    variable = reenactor.fusion_net.trainable_variables[0]
    value = keras.ops.copy(variable.value)
    variable.assign_add(keras.ops.full_like(value, 1e-3))
    changed = weights_sha256(reenactor)
    variable.assign(value)
    assert before == weights_sha256(reenactor) != changed
