"""Requests to a model server over gRPC."""

import grpc
import tensorflow as tf
from tensorflow.core.framework import types_pb2
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    model_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from aan_keras.serving.serving_error import ServingError
from aan_keras.serving.signature_info import SignatureInfo, type_name

_OPTIONS = (
    # A clip is more than gRPC's 4 MB; TensorFlow Serving has no limit of its own.
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # A server that comes back shall be found within the time of a few retries.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2000),
    ("grpc.enable_http_proxy", 0),
    # One name may stand for several servers (a headless service of Kubernetes).
    ("grpc.lb_policy_name", "round_robin"),
)


class GrpcTransport:
    """One model on one server; may be used by several threads.

    Args:
        address: `ServerAddress`.
        model: `ModelReference`.
        timeout: seconds that an answer may take.
    """

    def __init__(self, address, model, timeout):
        if address.secure:
            self._channel = grpc.secure_channel(
                address.target, grpc.ssl_channel_credentials(), _OPTIONS
            )
        else:
            self._channel = grpc.insecure_channel(address.target, _OPTIONS)
        stub = prediction_service_pb2_grpc.PredictionServiceStub(self._channel)
        self._stub, self._model, self._timeout = stub, model, timeout

    def signatures(self):
        """dict of `SignatureInfo` by name."""
        request = get_model_metadata_pb2.GetModelMetadataRequest(
            model_spec=self._spec(), metadata_field=["signature_def"]
        )
        answer = self._call(self._stub.GetModelMetadata, request)
        signatures = get_model_metadata_pb2.SignatureDefMap()
        answer.metadata["signature_def"].Unpack(signatures)
        return {
            name: SignatureInfo(_described(found.inputs), _described(found.outputs))
            for name, found in signatures.signature_def.items()
        }

    def predict(self, signature, inputs):
        """dict of arrays by name; `inputs` are such a dict too."""
        request = predict_pb2.PredictRequest(
            model_spec=self._spec(signature),
            inputs={name: tf.make_tensor_proto(x) for name, x in inputs.items()},
        )
        answer = self._call(self._stub.Predict, request)
        return {name: tf.make_ndarray(x) for name, x in answer.outputs.items()}

    def close(self):
        """Ends the connection."""
        self._channel.close()

    def _spec(self, signature=""):
        spec = model_pb2.ModelSpec(name=self._model.name, signature_name=signature)
        if self._model.version is not None:
            spec.version.value = self._model.version
        if self._model.label is not None:
            spec.version_label = self._model.label
        return spec

    def _call(self, method, request):
        try:
            return method(request, timeout=self._timeout)
        except grpc.RpcError as error:
            raise ServingError(error.code().name, error.details() or "") from error


def _described(tensors):
    return {
        name: (
            type_name(types_pb2.DataType.Name(info.dtype)),
            tuple(axis.size for axis in info.tensor_shape.dim),
        )
        for name, info in tensors.items()
    }
