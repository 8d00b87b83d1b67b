"""`aan-keras reenact`."""

from aan_keras.commands import console

NAME = "reenact"
SUMMARY = "animate a photo by a clip, photo or track"
EXAMPLE = """examples:
  aan-keras reenact --source photo.jpg --driving clip.mp4 --output out.mp4
  aan-keras reenact --source photo.jpg --driving clip.mp4 --output out.mp4 \\
      --landmarks relative --side-by-side
  aan-keras reenact --source photo.jpg --driving pose.jpg --output out.png
"""


def add_arguments(command):
    command.add_argument("--source", required=True, metavar="PHOTO")
    command.add_argument(
        "--driving", required=True, metavar="IMAGE|VIDEO|TRACK.npz", help="the motion"
    )
    command.add_argument("--output", required=True, metavar="OUT.png|OUT.mp4")
    command.add_argument(
        "--preset",
        default=console.DEFAULT_PRESET,
        metavar="NAME|FOLDER",
        help="weights (default: %(default)s)",
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


def run(arguments):
    console.quiet_tensorflow(arguments.debug)
    from aan_keras.reenact_file import check_file_kinds, reenact_file

    try:
        check_file_kinds(arguments.driving, arguments.output)
    except ValueError as error:
        arguments.parser.error(str(error))
    written = reenact_file(
        console.load_reenactor(arguments),
        arguments.source,
        arguments.driving,
        arguments.output,
        mode=arguments.landmarks,
        transformer=_transformer(arguments),
        face=arguments.face,
        driving_face=arguments.driving_face,
        side_by_side=arguments.side_by_side,
        report=print,
        progress=console.progress,
    )
    console.print_written(written)


def _transformer(arguments):
    if arguments.landmarks != "transform":
        return None
    from aan_keras.models.landmark_transformer import LandmarkTransformer

    return LandmarkTransformer.from_preset(arguments.landmark_preset)
