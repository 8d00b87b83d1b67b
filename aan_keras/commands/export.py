"""`aan-keras export`."""

from aan_keras.commands import console

NAME = "export"
SUMMARY = "write a model that runs without Keras"
EXAMPLE = """examples:
  aan-keras export --format saved_model --output models/aan --version 3
  aan-keras export --format tflite --output aan.tflite --quantization dynamic
  aan-keras export --format tflite --output aan.tflite --quantization int8 \\
      --data faces/train
  aan-keras export --format onnx --output aan_onnx
"""


def add_arguments(command):
    command.add_argument(
        "--format",
        required=True,
        choices=("saved_model", "tflite", "onnx"),
        help="for TensorFlow Serving, for LiteRT on phones, or for ONNX Runtime",
    )
    command.add_argument(
        "--output",
        required=True,
        metavar="FOLDER|OUT.tflite",
        help="saved_model: folder of the model's versions; tflite: the file; "
        "onnx: folder of its two files",
    )
    command.add_argument(
        "--preset",
        default=console.DEFAULT_PRESET,
        metavar="NAME|FOLDER",
        help="weights (default: %(default)s)",
    )
    command.add_argument(
        "--version",
        type=console.positive,
        metavar="N",
        help="saved_model: the version's number (default: one more than the highest)",
    )
    command.add_argument(
        "--no-warm-up",
        action="store_true",
        help="saved_model: without requests that a server runs first",
    )
    command.add_argument(
        "--quantization",
        choices=("none", "float16", "dynamic", "int8"),
        help="tflite: of the convolutions (default: none)",
    )
    command.add_argument(
        "--data",
        metavar="FOLDER",
        help="tflite, int8: face crops for the ranges, <identity>/<clip>/*.jpg "
        "(default: the bundled portrait)",
    )


def run(arguments):
    _check(arguments)
    console.quiet_tensorflow(arguments.debug)
    model = console.load_reenactor(arguments)
    if arguments.format == "onnx":
        from aan_keras.exporting import export_onnx

        export_onnx(model, arguments.output, preset=arguments.preset)
        print(arguments.output)
        return
    if arguments.format == "tflite":
        from aan_keras.exporting import export_tflite

        quantization = arguments.quantization or "none"
        export_tflite(
            model,
            arguments.output,
            None if quantization == "none" else quantization,
            data=arguments.data,
            preset=arguments.preset,
            report=print,
        )
        print(arguments.output)
        return
    from aan_keras.exporting import export_version

    print(
        export_version(
            model,
            arguments.output,
            arguments.version,
            preset=arguments.preset,
            warm_up=not arguments.no_warm_up,
        )
    )


def _check(arguments):
    """Arguments of another format are a mistake."""
    form, error = arguments.format, arguments.parser.error
    if form != "saved_model" and (arguments.version or arguments.no_warm_up):
        error("--version and --no-warm-up are for --format saved_model")
    if form != "tflite" and (arguments.quantization or arguments.data):
        error("--quantization and --data are for --format tflite")
    if form == "tflite" and not arguments.output.endswith(".tflite"):
        error("--output must end in .tflite")
    if arguments.data and arguments.quantization != "int8":
        error("--data is for --quantization int8")
