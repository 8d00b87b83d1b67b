"""What the development server does with a request, whichever way it came."""

from google.protobuf import any_pb2
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    predict_pb2,
)

from aan_keras.serving.status_error import StatusError

_SIGNATURE_DEF = "signature_def"


def predict(registry, request):
    """`PredictResponse` to a `PredictRequest`."""
    version = registry.lookup(_spec(request))
    spec = request.model_spec
    name, _ = version.signature(spec.signature_name)
    outputs = version.predict(name, request.inputs, request.output_filter)
    response = predict_pb2.PredictResponse()
    response.model_spec.name = spec.name
    response.model_spec.signature_name = name
    response.model_spec.version.value = version.number
    for name, value in outputs.items():
        response.outputs[name].CopyFrom(value)
    return response


def get_model_metadata(registry, request):
    """`GetModelMetadataResponse` to a `GetModelMetadataRequest`."""
    spec = _spec(request)
    if not request.metadata_field:
        raise StatusError(
            "INVALID_ARGUMENT",
            "GetModelMetadataRequest must specify at least one metadata_field",
        )
    for field in request.metadata_field:
        if field != _SIGNATURE_DEF:
            message = f"Metadata field {field} is not supported"
            raise StatusError("INVALID_ARGUMENT", message)
    version = registry.lookup(spec)
    signatures = get_model_metadata_pb2.SignatureDefMap(
        signature_def=version.signatures
    )
    packed = any_pb2.Any()
    packed.Pack(signatures)
    response = get_model_metadata_pb2.GetModelMetadataResponse(
        metadata={_SIGNATURE_DEF: packed}
    )
    response.model_spec.name = spec.name
    response.model_spec.version.value = version.number
    return response


def get_model_status(registry, request):
    """`GetModelStatusResponse` to a `GetModelStatusRequest`."""
    response = get_model_status_pb2.GetModelStatusResponse()
    for number, state, code, message in registry.states(_spec(request)):
        found = response.model_version_status.add(version=number, state=state)
        found.status.error_code = code
        found.status.error_message = message
    return response


def _spec(request):
    if not request.HasField("model_spec"):
        raise StatusError("INVALID_ARGUMENT", "Missing ModelSpec")
    return request.model_spec
