"""The `aan-keras` command: argument parsing; the work is in the rooms."""

import argparse
import contextlib
import os
import pathlib
import signal
import sys

_DESCRIPTION = "One-shot face reenactment: one photo, moved by a clip."
_REENACT_EXAMPLE = """examples:
  aan-keras reenact --source photo.jpg --driving clip.mp4 --output out.mp4
  aan-keras reenact --source photo.jpg --driving clip.mp4 --output out.mp4 \\
      --relative --side-by-side
  aan-keras reenact --source photo.jpg --driving pose.jpg --output out.png
"""
_TRAIN_EXAMPLE = """examples:
  aan-keras train --data faces/train --output runs/first --recipe small --steps 20000
  aan-keras train --output runs/first --resume
"""
_DEMO_EXAMPLE = """example:
  aan-keras demo --output .
"""


def main(argv=None):
    """Runs the command line.

    Args:
        argv: list of arguments; None takes the process's.

    Returns:
        0 on success, 1 on failure, 130 when interrupted. Wrong usage exits with 2.
    """
    arguments = _parser().parse_args(argv)
    try:
        with _terminable():
            if arguments.run is _train:
                # TensorFlow, which reads it when imported, leaves oneDNN out where the
                # processor lacks AVX512-VNNI. Training is slower without it there;
                # `reenact`, whose batch is one frame, is faster.
                os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
            _quiet(arguments.debug)
            arguments.run(arguments)
    except KeyboardInterrupt:
        print("aan-keras: interrupted", file=sys.stderr)
        return 130
    except Exception as error:
        if arguments.debug:
            raise
        print(f"aan-keras: error: {_one_line(error)}", file=sys.stderr)
        return 1
    return 0


def _parser():
    parser = argparse.ArgumentParser(prog="aan-keras", description=_DESCRIPTION)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name, run, summary, example):
        command = commands.add_parser(
            name,
            help=summary,
            description=summary,
            epilog=example,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_argument(
            "--debug", action="store_true", help="show the traceback of an error"
        )
        command.set_defaults(run=run, parser=command)
        return command

    preset = {"default": "aan_128", "metavar": "NAME|FOLDER"}
    command = add(
        "reenact",
        _reenact,
        "animate a photo by a clip, photo or track",
        _REENACT_EXAMPLE,
    )
    command.add_argument("--source", required=True, metavar="PHOTO")
    command.add_argument(
        "--driving", required=True, metavar="IMAGE|VIDEO|TRACK.npz", help="the motion"
    )
    command.add_argument("--output", required=True, metavar="OUT.png|OUT.mp4")
    command.add_argument("--preset", **preset, help="weights (default: %(default)s)")
    command.add_argument(
        "--relative",
        action="store_true",
        help="apply the motion to the source's own face shape",
    )
    command.add_argument(
        "--face", type=_positive, metavar="N", help="face of the photo; 1: the largest"
    )
    command.add_argument(
        "--driving-face", type=_positive, metavar="N", help="the same for the clip"
    )
    command.add_argument(
        "--side-by-side", action="store_true", help="source, driving and result"
    )

    command = add("train", _train, "train on folders of face crops", _TRAIN_EXAMPLE)
    command.add_argument(
        "--data", metavar="FOLDER", help="<identity>/<clip>/*.jpg and landmarks.npy"
    )
    command.add_argument("--output", required=True, metavar="FOLDER")
    command.add_argument(
        "--resume", action="store_true", help="go on with the run in --output"
    )
    command.add_argument("--steps", type=_positive, metavar="N")
    command.add_argument(
        "--recipe",
        choices=("paper", "small"),
        default="paper",
        help="the paper's configuration, or one for a few CPU cores",
    )
    command.add_argument(
        "--preset",
        metavar="NAME|FOLDER",
        help="start from these weights (and their configuration)",
    )
    command.add_argument("--batch-size", type=_positive, default=8, metavar="N")
    command.add_argument("--image-size", type=_positive, metavar="PIXELS")
    command.add_argument("--width", type=_positive, metavar="CHANNELS")
    command.add_argument(
        "--perceptual", metavar="vgg19|vgg16|identity|none|PATH", help="features"
    )
    command.add_argument("--learning-rate", type=float, metavar="RATE")
    command.add_argument(
        "--validation",
        nargs=2,
        type=int,
        default=(6, 12),
        metavar=("VIDEOS", "PHOTOS"),
        help="identities kept out of training (default: 6 12)",
    )
    command.add_argument("--checkpoint-every", type=_positive, default=500, metavar="N")
    command.add_argument("--seed", type=int, default=0)

    command = add("demo", _demo, "animate the bundled portrait", _DEMO_EXAMPLE)
    command.add_argument(
        "--output", default=".", metavar="FOLDER", help="default: this folder"
    )
    command.add_argument("--preset", **preset, help="weights (default: %(default)s)")
    return parser


def _reenact(arguments):
    from aan_keras.reenact_file import check_file_kinds, reenact_file

    try:
        check_file_kinds(arguments.driving, arguments.output)
    except ValueError as error:
        arguments.parser.error(str(error))
    written = reenact_file(
        _load(arguments.preset),
        arguments.source,
        arguments.driving,
        arguments.output,
        relative=arguments.relative,
        face=arguments.face,
        driving_face=arguments.driving_face,
        side_by_side=arguments.side_by_side,
        report=print,
        progress=_progress,
    )
    _print_written(written)


def _train(arguments):
    from aan_keras.training.recipes import resume_recipe, train_recipe

    if arguments.resume:
        steps = resume_recipe(arguments.output, arguments.steps)
    else:
        if arguments.data is None or arguments.steps is None:
            arguments.parser.error("--data and --steps are needed to begin a run")
        steps = train_recipe(
            arguments.data,
            arguments.output,
            steps=arguments.steps,
            recipe=arguments.recipe,
            preset=arguments.preset,
            image_size=arguments.image_size,
            width=arguments.width,
            batch_size=arguments.batch_size,
            perceptual=arguments.perceptual,
            learning_rate=arguments.learning_rate,
            validation=arguments.validation,
            seed=arguments.seed,
            checkpoint_every=arguments.checkpoint_every,
        )
    print(f"{steps} steps done: {pathlib.Path(arguments.output) / 'preset'}")


def _demo(arguments):
    from aan_keras.demo import write_demo

    model = _load(arguments.preset)
    for written in write_demo(model, arguments.output, progress=_progress):
        _print_written(written)


def _load(preset):
    from aan_keras.models.reenactor import Reenactor

    return Reenactor.from_preset(preset)


def _print_written(written):
    line = f"{written.path}"
    if written.frames_per_second:
        line += f": {written.num_frames} frames"
        line += f", {written.frames_per_second:.1f} frames/s"
    print(line)


def _progress(iterable, total, what):
    import tqdm

    # Short jobs need no bar (delay), log files neither (disable=None).
    return tqdm.tqdm(
        iterable, what, total, delay=2, unit="frame", leave=False, disable=None
    )


def _quiet(debug):
    """Imports TensorFlow without its greetings, which no setting turns off."""
    if debug:
        return
    # Level 2 would show a graph optimizer's notice that it left a graph as it was, as
    # it does with oneDNN. What goes wrong is raised as an exception at any level.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    terminal = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        import tensorflow

        # Looking for a GPU is the other thing that it talks about.
        tensorflow.config.list_physical_devices()
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)


@contextlib.contextmanager
def _terminable():
    """A polite kill cleans up as Ctrl-C does."""

    def interrupt(number, frame):
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # Not in the main thread.
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _one_line(error):
    text = " ".join(str(error).split())
    if isinstance(error, OSError) and error.strerror:
        where = f" {error.filename}" if error.filename else ""
        text = f"{error.strerror}{where}: free or choose another place"
    elif not isinstance(error, ValueError):
        text = f"{type(error).__name__}: {text}: run again with --debug for details"
    return text


def _positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {text}")
    return number


if __name__ == "__main__":
    sys.exit(main())
