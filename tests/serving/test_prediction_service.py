"""Status codes and messages over gRPC, as TensorFlow Serving has them."""

import grpc
import pytest
import tensorflow as tf
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

INVALID = "INVALID_ARGUMENT"


@pytest.fixture(scope="module")
def channel(server):
    options = [("grpc.enable_http_proxy", 0)]
    with grpc.insecure_channel(f"127.0.0.1:{server.port}", options) as channel:
        yield channel


@pytest.fixture(scope="module")
def stub(channel):
    return prediction_service_pb2_grpc.PredictionServiceStub(channel)


def request_of(model="toy", signature="", version=None, label=None, **inputs):
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model
    request.model_spec.signature_name = signature
    if version is not None:
        request.model_spec.version.value = version
    if label is not None:
        request.model_spec.version_label = label
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(value)
    return request


def floats(values):
    return tf.make_tensor_proto(values, tf.float32)


def refusal(call, request):
    with pytest.raises(grpc.RpcError) as refused:
        call(request, timeout=300)
    return refused.value.code().name, refused.value.details()


def test_answer(stub):
    answer = stub.Predict(request_of(x=floats([[1, 2]])), timeout=300)
    assert tf.make_ndarray(answer.outputs["y"]).tolist() == [[3, 6]]
    assert answer.model_spec.name == "toy"
    assert answer.model_spec.signature_name == "serving_default"
    assert answer.model_spec.version.value == 1


def test_numbers_in_fields_instead_of_bytes(stub):
    x = tf.make_tensor_proto([[1.0, 2.0]])
    x.tensor_content = b""
    x.float_val.extend([4.0, 5.0])
    answer = stub.Predict(request_of(x=x), timeout=300)
    assert tf.make_ndarray(answer.outputs["y"]).tolist() == [[12, 15]]


def test_output_filter(stub):
    files = tf.make_tensor_proto([b"abc"])
    request = request_of(signature="measure", data_bytes=files)
    assert set(stub.Predict(request).outputs) == {"size", "copy_bytes"}
    request.output_filter.append("size")
    assert set(stub.Predict(request).outputs) == {"size"}
    request.output_filter.append("size")
    assert refusal(stub.Predict, request) == (
        INVALID,
        "duplicate output tensor alias: size",
    )
    request.output_filter[:] = ["sizes"]
    assert refusal(stub.Predict, request) == (
        INVALID,
        "output tensor alias not found in signature: sizes Outputs expected to be in "
        "the set {copy_bytes,size}.",
    )


@pytest.mark.parametrize(
    "request_, code, message",
    [
        (predict_pb2.PredictRequest(), INVALID, "Missing ModelSpec"),
        (request_of(""), INVALID, "ModelSpec has no name specified."),
        (
            request_of("none"),
            "NOT_FOUND",
            "Servable not found for request: Latest(none)",
        ),
        (
            request_of(version=9),
            "NOT_FOUND",
            "Servable not found for request: Specific(toy, 9)",
        ),
        (
            request_of(label="stable"),
            INVALID,
            "Unrecognized servable version label: stable",
        ),
        (
            request_of(signature="x"),
            "FAILED_PRECONDITION",
            'Serving signature key "x" not found.',
        ),
        (
            request_of(),
            INVALID,
            "input size does not match signature: 0!=1 len({}) != len({x}). Sent "
            "extra: {}. Missing but required: {x}.",
        ),
        (
            request_of(x=floats([[1, 2]]), z=floats(1)),
            INVALID,
            "input size does not match signature: 2!=1 len({x,z}) != len({x}). Sent "
            "extra: {z}. Missing but required: {}.",
        ),
        (
            request_of(z=floats([[1, 2]])),
            INVALID,
            "Signature input alias: x(feed name: serving_default_x:0) not found in "
            "request and no default value provided. Inputs expected to be in the "
            "request {z}, or default input alias set: ",
        ),
    ],
)
def test_refusals(stub, request_, code, message):
    assert refusal(stub.Predict, request_) == (code, message)


def test_another_type(stub):
    x = tf.make_tensor_proto([[1, 2]], tf.int32)
    code, message = refusal(stub.Predict, request_of(x=x))
    assert code == INVALID
    # The session's words, which change from release to release.
    assert "float" in message and "int32" in message


def test_tensors_that_are_none(stub):
    short, vast = floats([[1, 2]]), floats([[1, 2]])
    short.tensor_content = short.tensor_content[:5]
    vast.tensor_shape.dim[0].size = 2**40
    for x in (short, vast):
        assert refusal(stub.Predict, request_of(x=x)) == (
            INVALID,
            "tensor parsing error: x",
        )


def test_metadata(stub):
    request = get_model_metadata_pb2.GetModelMetadataRequest()
    assert refusal(stub.GetModelMetadata, request) == (INVALID, "Missing ModelSpec")
    request.model_spec.name = "toy"
    assert refusal(stub.GetModelMetadata, request) == (
        INVALID,
        "GetModelMetadataRequest must specify at least one metadata_field",
    )
    request.metadata_field.append("graph")
    assert refusal(stub.GetModelMetadata, request) == (
        INVALID,
        "Metadata field graph is not supported",
    )
    request.metadata_field[:] = ["signature_def"]
    answer = stub.GetModelMetadata(request)
    assert answer.model_spec.version.value == 1
    signatures = get_model_metadata_pb2.SignatureDefMap()
    assert answer.metadata["signature_def"].Unpack(signatures)
    x = signatures.signature_def["serving_default"].inputs["x"]
    assert [axis.size for axis in x.tensor_shape.dim] == [-1, 2]


def test_status(channel):
    status = model_service_pb2_grpc.ModelServiceStub(channel).GetModelStatus
    request = get_model_status_pb2.GetModelStatusRequest()
    assert refusal(status, request) == (INVALID, "Missing ModelSpec")
    request.model_spec.name = "none"
    assert refusal(status, request) == (
        "NOT_FOUND",
        "Could not find any versions of model none",
    )
    request.model_spec.name = "aan"
    (found,) = status(request).model_version_status
    assert found.version == 7
    assert found.state == get_model_status_pb2.ModelVersionStatus.AVAILABLE
    assert found.status.error_code == 0
    request.model_spec.version.value = 8
    assert refusal(status, request) == (
        "NOT_FOUND",
        "Could not find version 8 of model aan",
    )


def test_other_calls_are_not_there(stub):
    request = classification_pb2.ClassificationRequest()
    assert refusal(stub.Classify, request)[0] == "UNIMPLEMENTED"
