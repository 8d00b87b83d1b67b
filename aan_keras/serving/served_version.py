"""One version of a model, loaded."""

import contextlib
import pathlib
import tempfile

import tensorflow as tf
from tensorflow.core.protobuf import (
    config_pb2,
    error_codes_pb2,
    rewriter_config_pb2,
)

from aan_keras.exporting import warm_up
from aan_keras.exporting.without_notices import without_notices
from aan_keras.serving.status_error import StatusError
from aan_keras.serving.tensor_protos import to_array, to_proto

_DEFAULT_SIGNATURE = "serving_default"
# TensorFlow looks for the files of a checkpoint by a pattern.
_SPECIAL = set("*?[\\")


class ServedVersion:
    """A SavedModel in a TensorFlow session, as TensorFlow Serving holds one.

    What a graph refuses is refused by the same checks as there: those of the session's
    feeds, and those of the graph. May be used by several threads.

    Args:
        path: folder of the version.
        number: the version.

    Attributes:
        number: the version.
        signatures: dict of `SignatureDef` by name.
    """

    def __init__(self, path, number):
        self.number = number
        self._path = pathlib.Path(path)
        options = tf.compat.v1.ConfigProto()
        # A second pass over each signature's graph makes it no faster, and is a third
        # of the time that a version takes to load.
        options.graph_options.rewrite_options.meta_optimizer_iterations = (
            rewriter_config_pb2.RewriterConfig.ONE
        )
        self._session = tf.compat.v1.Session(graph=tf.Graph(), config=options)
        # The loader that TensorFlow Serving has is a deprecated one in Python.
        with (
            self._session.graph.as_default(),
            without_notices("ERROR"),
            _without_pattern(self._path) as folder,
        ):
            graph = tf.compat.v1.saved_model.load(
                self._session, [tf.saved_model.SERVING], str(folder)
            )
        self.signatures = dict(graph.signature_def)
        self._functions = {}

    def signature(self, name):
        """`(name, SignatureDef)`; the default one for an empty name."""
        name = name or _DEFAULT_SIGNATURE
        if name not in self.signatures:
            raise StatusError(
                "FAILED_PRECONDITION", f'Serving signature key "{name}" not found.'
            )
        return name, self.signatures[name]

    def predict(self, signature_name, inputs, output_filter=()):
        """Outputs by name, as `TensorProto`s.

        Args:
            signature_name: of the signature; empty: the default one.
            inputs: mapping of `TensorProto`s by input name.
            output_filter: names of the outputs that are wanted; none: all.

        Raises:
            StatusError: the inputs are not the signature's, or the graph refuses them.
        """
        name, signature = self.signature(signature_name)
        _check_names(set(inputs), signature.inputs)
        arrays = [to_array(key, inputs[key]) for key in sorted(signature.inputs)]
        wanted = _wanted_outputs(list(output_filter), signature)
        function = self._function(name, signature, tuple(wanted))
        try:
            outputs = function(*arrays)
        except tf.errors.OpError as error:
            code = error_codes_pb2.Code.Name(error.error_code)
            raise StatusError(code, error.message) from error
        return {key: to_proto(value) for key, value in zip(wanted, outputs)}

    def warm_up(self):
        """Runs the requests that the export brought along.

        Returns:
            how many there were.
        """
        from tensorflow_serving.apis import prediction_log_pb2

        path = self._path / warm_up.FILE_NAME
        if not path.is_file():
            return 0
        count = 0
        for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
            request = prediction_log_pb2.PredictionLog.FromString(
                record
            ).predict_log.request
            self.predict(request.model_spec.signature_name, request.inputs)
            count += 1
        return count

    def _function(self, name, signature, wanted):
        if (name, wanted) not in self._functions:
            options = config_pb2.CallableOptions()
            keys = sorted(signature.inputs)
            options.feed.extend(signature.inputs[key].name for key in keys)
            options.fetch.extend(signature.outputs[key].name for key in wanted)
            # Unlike `run`, it does not convert types nor compare shapes before the
            # session sees them.
            function = self._session._make_callable_from_options(options)
            self._functions[name, wanted] = function
        return self._functions[name, wanted]


@contextlib.contextmanager
def _without_pattern(path):
    """A path to the same folder, without characters that are special in a pattern."""
    if not _SPECIAL & set(str(path)):
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        link = pathlib.Path(folder) / "version"
        link.symlink_to(path.resolve())
        yield link


def _check_names(given, tensors):
    expected = set(tensors)
    if given == expected:
        return
    if len(given) == len(expected):
        missing = min(expected - given)
        raise StatusError(
            "INVALID_ARGUMENT",
            f"Signature input alias: {missing}(feed name: {tensors[missing].name}) not "
            "found in request and no default value provided. Inputs expected to be in "
            f"the request {{{_joined(given)}}}, or default input alias set: ",
        )
    raise StatusError(
        "INVALID_ARGUMENT",
        f"input size does not match signature: {len(given)}!={len(expected)} "
        f"len({{{_joined(given)}}}) != len({{{_joined(expected)}}}). Sent extra: "
        f"{{{_joined(given - expected)}}}. Missing but required: "
        f"{{{_joined(expected - given)}}}.",
    )


def _wanted_outputs(names, signature):
    for i, name in enumerate(names):
        if name not in signature.outputs:
            raise StatusError(
                "INVALID_ARGUMENT",
                f"output tensor alias not found in signature: {name} Outputs expected "
                f"to be in the set {{{_joined(signature.outputs)}}}.",
            )
        if name in names[:i]:
            message = f"duplicate output tensor alias: {name}"
            raise StatusError("INVALID_ARGUMENT", message)
    return names or sorted(signature.outputs)


def _joined(names):
    return ",".join(sorted(names))
