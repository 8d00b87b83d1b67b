"""`aan-keras serve`."""

import threading

from aan_keras.commands import console

NAME = "serve"
SUMMARY = "serve exported models, for development only"
EXAMPLE = """A DEVELOPMENT server with TensorFlow Serving's interface, gRPC and REST: no
authentication, no TLS, no batching. In production run TensorFlow Serving itself, on
the same folder and the same configuration: see export/serving.

examples:
  aan-keras export --format saved_model --output models/aan
  aan-keras serve --models models
  aan-keras serve --models models --config export/serving/models.config
  aan-keras reenact --server grpc://localhost:8500 --source photo.jpg \\
      --driving clip.mp4 --output out.mp4
"""


def add_arguments(command):
    command.add_argument(
        "--models",
        required=True,
        metavar="FOLDER",
        help="holds MODEL/VERSION/saved_model.pb",
    )
    command.add_argument(
        "--config",
        metavar="FILE",
        help="ModelServerConfig in text format: versions and labels; /models in it is "
        "--models (default: every model in the folder, newest version)",
    )
    command.add_argument(
        "--port",
        type=_port,
        default=8500,
        metavar="N",
        help="gRPC; 0: a free one (default: %(default)s)",
    )
    command.add_argument(
        "--rest-port",
        type=_port,
        default=8501,
        metavar="N",
        help="REST; 0: a free one (default: %(default)s)",
    )
    command.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="where to listen; others than this machine may then ask for anything "
        "(default: %(default)s)",
    )
    command.add_argument(
        "--poll-seconds",
        type=float,
        default=1.0,
        metavar="N",
        help="how often to look for new versions (default: %(default)s)",
    )


def run(arguments):
    if arguments.poll_seconds <= 0:
        arguments.parser.error("--poll-seconds must be positive")
    console.quiet_tensorflow(arguments.debug)
    from aan_keras.serving.requirement import require_serving_api

    require_serving_api("the development server")
    from aan_keras.serving import DevelopmentServer
    from aan_keras.serving.server_address import ServerAddress

    server = DevelopmentServer(
        arguments.models,
        config=arguments.config,
        host=arguments.host,
        port=arguments.port,
        rest_port=arguments.rest_port,
        poll_seconds=arguments.poll_seconds,
        report=_print,
    )
    with server:
        grpc = ServerAddress("grpc", arguments.host, server.port)
        rest = ServerAddress("http", arguments.host, server.rest_port)
        _print(f"DEVELOPMENT server at {grpc} and {rest}; Ctrl-C ends it")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            _print("stopping")


def _print(line):
    # At once, for those who wait for it in a pipe.
    print(line, flush=True)


def _port(text):
    number = int(text)
    if not 0 <= number < 2**16:
        raise ValueError
    return number
