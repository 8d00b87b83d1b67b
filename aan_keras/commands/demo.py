"""`aan-keras demo`."""

from aan_keras.commands import console

NAME = "demo"
SUMMARY = "animate the bundled portrait, or open the web demo"
EXAMPLE = """examples:
  aan-keras demo --output .
  aan-keras demo --web
"""
_HOST, _PORT = "127.0.0.1", 7860


def add_arguments(command):
    command.add_argument(
        "--output", default=".", metavar="FOLDER", help="default: this folder"
    )
    command.add_argument(
        "--preset",
        default=console.DEFAULT_PRESET,
        metavar="NAME|FOLDER",
        help="weights (default: %(default)s)",
    )
    command.add_argument(
        "--web",
        action="store_true",
        help="serve a page for photos, clips and the live webcam (extra: demo)",
    )
    command.add_argument(
        "--host",
        default=_HOST,
        metavar="ADDRESS",
        help="where --web listens (default: %(default)s, this computer only)",
    )
    command.add_argument(
        "--port", type=int, default=_PORT, metavar="N", help="default: %(default)s"
    )


def run(arguments):
    if not 0 <= arguments.port <= 65535:
        arguments.parser.error(f"--port must be from 0 to 65535, got {arguments.port}")
    if not arguments.web and (arguments.host, arguments.port) != (_HOST, _PORT):
        arguments.parser.error("--host and --port belong to --web")
    console.quiet_tensorflow(arguments.debug)
    if arguments.web:
        _serve(arguments)
        return
    model = console.load_reenactor(arguments)
    from aan_keras.demo import write_demo

    for written in write_demo(model, arguments.output, progress=console.progress):
        console.print_written(written)


def _serve(arguments):
    from aan_keras.webdemo.server import LOOPBACK, check_installed, serving

    check_installed()

    def models():
        from aan_keras.models.landmark_transformer import LandmarkTransformer
        from aan_keras.webdemo.demo_models import DemoModels

        reenactor = console.load_reenactor(arguments)
        loaded = DemoModels(reenactor, LandmarkTransformer.from_preset())
        loaded.warm_up()
        return loaded

    with serving(models, arguments.host, arguments.port) as (address, _):
        print(f"{address} (Ctrl-C stops it)", flush=True)
        if arguments.host not in LOOPBACK:
            print(
                "Anyone who can reach this address can use the page. Browsers give "
                "the webcam to https and localhost only.",
                flush=True,
            )
        _wait_for_interrupt()


def _wait_for_interrupt():
    import threading

    # What stops a server is not a failure.
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        print()
