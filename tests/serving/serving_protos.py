"""TensorFlow Serving's server-side configuration messages.

`ModelServerConfig` is in the package tensorflow-serving-api; these two are only in the
server itself, so they are declared here: names, numbers and types of the fields of
session_bundle_config.proto and monitoring_config.proto.
"""

from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    wrappers_pb2,
)

_Field = descriptor_pb2.FieldDescriptorProto
_INT64, _BOOL = ".google.protobuf.Int64Value", ".google.protobuf.BoolValue"
_STRING = ".google.protobuf.StringValue"
_PACKAGE = "tensorflow.serving"


def _message(file, name, *fields):
    message = file.message_type.add(name=name)
    for number, field, kind, *repeated in fields:
        label = _Field.LABEL_REPEATED if repeated else _Field.LABEL_OPTIONAL
        added = message.field.add(name=field, number=number, label=label)
        if isinstance(kind, str):
            added.type, added.type_name = _Field.TYPE_MESSAGE, kind
        else:
            added.type = kind


def _messages():
    file = descriptor_pb2.FileDescriptorProto(
        name="tests/serving_protos.proto",
        package=_PACKAGE,
        syntax="proto3",
        dependency=[wrappers_pb2.DESCRIPTOR.name],
    )
    _message(
        file,
        "BatchingParameters",
        (1, "max_batch_size", _INT64),
        (2, "batch_timeout_micros", _INT64),
        (3, "max_enqueued_batches", _INT64),
        (4, "num_batch_threads", _INT64),
        (5, "thread_pool_name", _STRING),
        (6, "allowed_batch_sizes", _Field.TYPE_INT64, "repeated"),
        (7, "pad_variable_length_inputs", _Field.TYPE_BOOL),
        (8, "enable_large_batch_splitting", _BOOL),
        (9, "max_execution_batch_size", _INT64),
    )
    _message(
        file,
        "PrometheusConfig",
        (1, "enable", _Field.TYPE_BOOL),
        (2, "path", _Field.TYPE_STRING),
    )
    _message(
        file,
        "MonitoringConfig",
        (1, "prometheus_config", f".{_PACKAGE}.PrometheusConfig"),
    )
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    return [
        message_factory.GetMessageClass(
            pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")
        )
        for name in ("BatchingParameters", "MonitoringConfig")
    ]


BatchingParameters, MonitoringConfig = _messages()
