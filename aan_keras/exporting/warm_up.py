"""Requests that a model server runs before it takes others."""

import importlib.util

import tensorflow as tf

from aan_keras.exporting.bundled_example import bundled_example
from aan_keras.faces.input_error import InputError

# Where TensorFlow Serving looks, in the version's folder.
FILE_NAME = "assets.extra/tf_serving_warmup_requests"
_CLIP_FRAMES = 4


def require_warm_up():
    """Raises `InputError` unless `tensorflow-serving-api` is installed."""
    if importlib.util.find_spec("tensorflow_serving") is None:
        raise InputError(
            "warm-up requests need the package tensorflow-serving-api: install "
            "aan_keras[serving], or export without them"
        )


def write_warm_up(folder, image_size, name="aan"):
    """Writes one request for each signature that is called over a network.

    A server's first request to each signature is slow, because the graph is optimized
    then; TensorFlow Serving runs these before it reports the version as available.

    Args:
        folder: the SavedModel's.
        image_size: side S of the model's crops.
        name: of the model.

    Raises:
        InputError: `tensorflow-serving-api` is not installed.
    """
    require_warm_up()
    path = folder / FILE_NAME
    path.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as file:
        for signature, inputs in warm_up_inputs(image_size).items():
            file.write(_record(name, signature, inputs).SerializeToString())


def remove_warm_up(folder):
    """Removes the requests of an earlier export, which may not fit a new model."""
    (folder / FILE_NAME).unlink(missing_ok=True)


def warm_up_inputs(image_size):
    """Arrays by input name, by signature."""
    source, landmarks, driving = bundled_example(image_size)
    data = tf.io.encode_jpeg(source).numpy()
    image, file = {"source": source[None]}, {"source_bytes": [data]}
    landmarks = {"source_landmarks": landmarks[None]}
    frame = {"driving_landmarks": driving[:1], **landmarks}
    clip = {"driving_landmarks": driving[None, :_CLIP_FRAMES], **landmarks}
    return {
        "serving_default": {**image, **frame},
        "reenact_clip": {**image, **clip},
        "reenact_clip_motion": {**image, **clip},
        "reenact_jpeg": {**file, **frame},
        "reenact_clip_jpeg": {**file, **clip},
        "reenact_clip_jpeg_motion": {**file, **clip},
        "encode_source": {**image, **landmarks},
    }


def _record(name, signature, inputs):
    from tensorflow_serving.apis import (
        model_pb2,
        predict_pb2,
        prediction_log_pb2,
    )

    spec = model_pb2.ModelSpec(name=name, signature_name=signature)
    request = predict_pb2.PredictRequest(
        model_spec=spec,
        inputs={key: tf.make_tensor_proto(value) for key, value in inputs.items()},
    )
    log = prediction_log_pb2.PredictLog(request=request)
    return prediction_log_pb2.PredictionLog(predict_log=log)
