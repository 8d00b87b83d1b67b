"""The development server's gRPC side."""

import grpc
from tensorflow_serving.apis import (
    model_service_pb2_grpc,
    prediction_service_pb2_grpc,
)

from aan_keras.serving import prediction_calls
from aan_keras.serving.status_error import StatusError

# TensorFlow Serving's own limit: longer metadata break connections.
_LONGEST_MESSAGE = 1024


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Predict and GetModelMetadata; the other calls are UNIMPLEMENTED."""

    def __init__(self, registry):
        self._registry = registry

    def Predict(self, request, context):
        return _answer(prediction_calls.predict, self._registry, request, context)

    def GetModelMetadata(self, request, context):
        call = prediction_calls.get_model_metadata
        return _answer(call, self._registry, request, context)


class ModelService(model_service_pb2_grpc.ModelServiceServicer):
    """GetModelStatus; reloading a configuration over the network is UNIMPLEMENTED."""

    def __init__(self, registry):
        self._registry = registry

    def GetModelStatus(self, request, context):
        call = prediction_calls.get_model_status
        return _answer(call, self._registry, request, context)


def _answer(call, registry, request, context):
    try:
        return call(registry, request)
    except StatusError as error:
        message = error.message
        if len(message) > _LONGEST_MESSAGE:
            message = f"{message[:_LONGEST_MESSAGE]}...TRUNCATED"
        context.abort(getattr(grpc.StatusCode, error.code), message)
