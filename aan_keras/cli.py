"""The `aan-keras` command: argument parsing; the work is in the rooms."""

import argparse
import contextlib
import signal
import sys

import aan_keras
from aan_keras.commands import COMMANDS

_DESCRIPTION = (
    "One photo, moved by a clip. Examples of a command: aan-keras COMMAND --help"
)


def main(argv=None):
    """Runs the command line.

    Args:
        argv: list of arguments; None takes the process's.

    Returns:
        0 on success, 1 on failure, 130 when interrupted. Wrong usage exits with 2.
    """
    arguments = make_parser().parse_args(argv)
    try:
        with _terminable():
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


def make_parser():
    parser = argparse.ArgumentParser(
        prog="aan-keras",
        description=_DESCRIPTION,
        formatter_class=_CommandHelp,
    )
    parser.add_argument(
        "--version", action="version", version=f"aan_keras {aan_keras.__version__}"
    )
    commands = parser.add_subparsers(
        title="commands", dest="command", required=True, metavar="COMMAND"
    )
    for module in COMMANDS:
        command = commands.add_parser(
            module.NAME,
            help=module.SUMMARY,
            description=module.SUMMARY,
            epilog=module.EXAMPLE,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(command)
        command.add_argument(
            "--debug", action="store_true", help="show the traceback of an error"
        )
        command.set_defaults(run=module.run, parser=command, root=parser)
    return parser


class _CommandHelp(argparse.HelpFormatter):
    """A line for each command, and none for all of them, so that it fits a screen."""

    def add_argument(self, action):
        super().add_argument(action)
        # argparse forgets how far it indents them.
        longest = max(map(len, action.choices or ()), default=0) + 4
        self._action_max_length = max(self._action_max_length, longest)

    def _format_action(self, action):
        lines = super()._format_action(action)
        return lines.partition("\n")[2] if action.choices else lines


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
    elif not isinstance(error, (ValueError, FloatingPointError, ConnectionError)):
        text = f"{type(error).__name__}: {text}: run again with --debug for details"
    return text


if __name__ == "__main__":
    sys.exit(main())
