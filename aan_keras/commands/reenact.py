"""`aan-keras reenact`."""

from aan_keras.commands import console

NAME = "reenact"
SUMMARY = "animate photos by clips, photos or tracks"
EXAMPLE = """examples:
  aan-keras reenact --source photo.jpg --driving clip.mp4 --output out.mp4
  aan-keras reenact --source photo.jpg --driving clip.mp4 --output out.mp4 \\
      --landmarks relative --side-by-side
  aan-keras reenact --source photo.jpg --driving pose.jpg --output out.png
  aan-keras reenact --source photo.jpg --driving clip.mp4 --output out.mp4 \\
      --paste-back --smooth --start 2 --end 8.5
  aan-keras reenact --source photo.jpg --driving clip.mp4 --output out.mp4 --size 512
  aan-keras reenact --source *.jpg --driving a.mp4 b.mp4 --output results
  aan-keras reenact --source photo.jpg --driving clip.mp4 --output out.mp4 \\
      --server grpc://localhost:8500
"""


def add_arguments(command):
    command.add_argument("--source", required=True, nargs="+", metavar="PHOTO")
    command.add_argument(
        "--driving",
        required=True,
        nargs="+",
        metavar="IMAGE|VIDEO|TRACK.npz",
        help="the motion",
    )
    command.add_argument(
        "--output",
        required=True,
        metavar="OUT.png|OUT.mp4|FOLDER",
        help="a folder for several photos or clips",
    )
    command.add_argument(
        "--preset",
        metavar="NAME|FOLDER",
        help=f"weights (default: {console.DEFAULT_PRESET})",
    )
    command.add_argument(
        "--server",
        metavar="ADDRESS",
        help="have a model server animate, at grpc://host:port or http://host:port",
    )
    command.add_argument(
        "--model",
        metavar="NAME[:VERSION]",
        help="--server: the model's name, and its version's number or label "
        "(default: aan, the newest)",
    )
    shape = command.add_mutually_exclusive_group()
    shape.add_argument(
        "--landmarks",
        choices=("transform", "relative", "absolute"),
        default="transform",
        help="transform: the clip's expressions and pose on the photo's face shape; "
        "relative: its motion since the frame most like the photo; absolute: the "
        "clip's face shape (default: %(default)s)",
    )
    shape.add_argument(
        "--relative",
        dest="landmarks",
        action="store_const",
        const="relative",
        help="the same as --landmarks relative",
    )
    command.add_argument(
        "--landmark-preset",
        default="landmarks",
        metavar="NAME|FOLDER",
        help="weights of --landmarks transform (default: %(default)s)",
    )
    command.add_argument(
        "--face",
        type=console.positive,
        metavar="N",
        help="face of the photo; 1: the largest",
    )
    command.add_argument(
        "--driving-face",
        type=console.positive,
        metavar="N",
        help="the same for the clip",
    )
    command.add_argument(
        "--side-by-side", action="store_true", help="source, driving and result"
    )
    extent = command.add_mutually_exclusive_group()
    extent.add_argument(
        "--paste-back",
        action="store_true",
        help="the whole photo, with the moving face in it",
    )
    extent.add_argument(
        "--size",
        type=console.positive,
        metavar="PIXELS",
        help="side of the result; what the model's image is too small for comes from "
        "the photo (default: the model's)",
    )
    command.add_argument(
        "--smooth", action="store_true", help="take jitter out of the motion"
    )
    command.add_argument(
        "--no-mirror",
        dest="mirror_hidden",
        action="store_false",
        help="draw out what a turned photo hides of the face; do not take it from the "
        "other half",
    )
    command.add_argument(
        "--start", type=float, default=0.0, metavar="SECONDS", help="part of the clip"
    )
    command.add_argument("--end", type=float, metavar="SECONDS")
    command.add_argument(
        "--max-frames", type=console.positive, metavar="N", help="stop after N frames"
    )
    command.add_argument(
        "--fps", type=float, metavar="RATE", help="frames a second (default: clip's)"
    )


def run(arguments):
    console.quiet_tensorflow(arguments.debug)
    from aan_keras.faces import ClipRange
    from aan_keras.faces.output_file import check_not_an_input, check_output
    from aan_keras.reenact_file import check_file_kinds, reenact_file
    from aan_keras.reenact_files import name_outputs, reenact_files

    _check_server(arguments)
    several = len(arguments.source) > 1 or len(arguments.driving) > 1
    try:
        part = ClipRange(
            arguments.start, arguments.end, arguments.max_frames, arguments.fps
        )
        outputs = {(arguments.source[0], arguments.driving[0]): arguments.output}
        if several:
            outputs = name_outputs(
                arguments.source, arguments.driving, arguments.output
            )
        for (_, driving), output in outputs.items():
            check_file_kinds(driving, output, part)
    except ValueError as error:
        arguments.parser.error(str(error))
    for output in outputs.values():
        check_not_an_input(output, (*arguments.source, *arguments.driving))
    if not several:
        check_output(arguments.output)
    reenactor = _reenactor(arguments)
    options = {
        "mode": arguments.landmarks,
        "transformer": _transformer(arguments),
        "face": arguments.face,
        "driving_face": arguments.driving_face,
        "side_by_side": arguments.side_by_side,
        "paste_back": arguments.paste_back,
        "size": arguments.size,
        "smooth": arguments.smooth,
        "mirror_hidden": arguments.mirror_hidden,
        "clip_range": part,
        "report": print,
        "progress": console.progress,
    }
    if several:
        inputs = (arguments.source, arguments.driving, arguments.output)
        for written in reenact_files(reenactor, *inputs, **options):
            console.print_written(written)
        return
    inputs = (arguments.source[0], arguments.driving[0], arguments.output)
    console.print_written(reenact_file(reenactor, *inputs, **options))


def _check_server(arguments):
    """The weights are here or on a server."""
    if arguments.server and arguments.preset:
        arguments.parser.error("--preset and --server exclude each other")
    if arguments.model and not arguments.server:
        arguments.parser.error("--model is for --server")


def _reenactor(arguments):
    if not arguments.server:
        arguments.preset = arguments.preset or console.DEFAULT_PRESET
        return console.load_reenactor(arguments)
    from aan_keras.serving import ServingReenactor

    name, _, version = (arguments.model or "aan").partition(":")
    if version.isdecimal():
        return ServingReenactor(arguments.server, name, version=int(version))
    return ServingReenactor(arguments.server, name, label=version or None)


def _transformer(arguments):
    if arguments.landmarks != "transform":
        return None
    from aan_keras.models.landmark_transformer import LandmarkTransformer

    return LandmarkTransformer.from_preset(arguments.landmark_preset)
