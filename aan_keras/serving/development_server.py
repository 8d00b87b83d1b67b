"""A model server for development."""

import concurrent.futures
import functools
import threading

import grpc
from tensorflow_serving.apis import (
    model_service_pb2_grpc,
    prediction_service_pb2_grpc,
)

from aan_keras.faces.input_error import InputError
from aan_keras.serving.grpc_services import ModelService, PredictionService
from aan_keras.serving.model_configs import find_models, read_models
from aan_keras.serving.model_registry import ModelRegistry
from aan_keras.serving.rest_server import RestServer
from aan_keras.serving.server_address import ServerAddress

_OPTIONS = (
    # As TensorFlow Serving: what is too large is refused by the graph, with a reason.
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # Two servers at one port would share its requests.
    ("grpc.so_reuseport", 0),
)
_WORKERS = 8
# For the requests that run when the server stops.
_GRACE = 2.0


class DevelopmentServer:
    """TensorFlow Serving's interface in Python, for development and tests only.

    PredictionService (Predict, GetModelMetadata), ModelService (GetModelStatus) and
    the REST interface, with the status codes, versions and labels of TensorFlow
    Serving. It has no authentication, no TLS, no batching and no metrics, and one
    process: for anything but development run TensorFlow Serving itself, on the same
    folder and configuration.

    Args:
        models: folder of models, `<model>/<version>/saved_model.pb`.
        config: path of a `ModelServerConfig` in text format; `/models` in its paths is
            `models` here. It is read again at each poll. None: every model in the
            folder, newest version.
        host: where to listen; by default this machine only.
        port: for gRPC; 0: any that is free.
        rest_port: for REST; 0: any that is free; None: no REST.
        poll_seconds: how often to look for new versions.
        report: callable that takes a line of text.

    Attributes:
        port, rest_port: where it listens, once started.

    Raises:
        InputError: there are no models, or a port is taken.

    Example:

    >>> with DevelopmentServer("models", port=0) as server:
    ...     reenactor = ServingReenactor(f"grpc://127.0.0.1:{server.port}")
    """

    def __init__(
        self,
        models,
        *,
        config=None,
        host="127.0.0.1",
        port=8500,
        rest_port=8501,
        poll_seconds=1.0,
        report=None,
    ):
        self.port, self.rest_port = port, rest_port
        self._host = host
        self._poll_seconds = poll_seconds
        self._report = report or (lambda line: None)
        if config is None:
            find_models(models)  # Later it is no error to have none.
            read = functools.partial(_whatever_is_there, models)
        else:
            read = functools.partial(read_models, config, models)
        self._registry = ModelRegistry(read, self._report)
        self._stopped = threading.Event()
        self._grpc = self._rest = None
        self._threads = []

    def start(self):
        """Loads the models, then listens; returns at once after that."""
        self._registry.poll()
        try:
            self._listen()
        except BaseException:
            self.stop()
            raise
        self._grpc.start()
        if self._rest is not None:
            self._run(self._rest.serve_forever, 0.1)
        self._run(self._keep_polling)

    def stop(self):
        """Takes no more requests, and gives those that run two seconds to finish.

        Clients get no answer after that. A graph that runs can't be interrupted: it
        goes on until it is done, and over gRPC the process does not end before.
        """
        self._stopped.set()
        if self._grpc is not None:
            ended = self._grpc.stop(_GRACE)
        if self._rest is not None:
            if self._threads:
                self._rest.shutdown()
            self._rest.server_close()
            self._rest.wait(_GRACE)
        if self._grpc is not None:
            ended.wait()
        for thread in self._threads:
            thread.join()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def _listen(self):
        workers = concurrent.futures.ThreadPoolExecutor(_WORKERS)
        self._grpc = grpc.server(workers, options=_OPTIONS)
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
            PredictionService(self._registry), self._grpc
        )
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(
            ModelService(self._registry), self._grpc
        )
        target = ServerAddress("grpc", self._host, self.port).target
        try:
            bound = self._grpc.add_insecure_port(target)
        except RuntimeError:
            bound = 0
        if not bound:
            raise _taken(self._host, self.port)
        self.port = bound
        if self.rest_port is None:
            return
        try:
            address = (self._host, self.rest_port)
            self._rest = RestServer(address, self._registry)
        except OSError as error:
            raise _taken(self._host, self.rest_port, error.strerror) from error
        self.rest_port = self._rest.server_address[1]

    def _run(self, function, *arguments):
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _keep_polling(self):
        last = None
        while not self._stopped.wait(self._poll_seconds):
            try:
                self._registry.poll()
                last = None
            except (OSError, InputError) as error:
                # A file that is being edited: the models stay as they are.
                if str(error) != last:
                    self._report(f"models stay as they are: {error}")
                last = str(error)


def _whatever_is_there(models):
    try:
        return find_models(models)
    except InputError:
        return []


def _taken(host, port, reason=None):
    reason = f"{reason}: " if reason else ""
    return InputError(
        f"cannot listen on {host}, port {port}: {reason}stop what listens there, or "
        "choose another port or host"
    )
