"""`aan-keras completion`."""

import argparse

NAME = "completion"
SUMMARY = "print a script that completes commands by TAB"
EXAMPLE = """examples:
  eval "$(aan-keras completion bash)"    # in ~/.bashrc to keep it
  eval "$(aan-keras completion zsh)"     # in ~/.zshrc, after compinit
  aan-keras completion fish > ~/.config/fish/completions/aan-keras.fish

The script holds all commands and options: nothing is run when TAB is pressed. Print it
anew after an update.
"""
_SHELLS = ("bash", "zsh", "fish")
# Parts of a metavar that stand for files; "FOLDER" alone stands for folders.
_FILES = ("PHOTO", "IMAGE", "VIDEO", "PATH", "FILE", "OUT.", ".json", ".npz")


def add_arguments(command):
    command.add_argument("shell", choices=_SHELLS, metavar="bash|zsh|fish")


def run(arguments):
    import shtab

    _complete_files(arguments.root)
    print(shtab.complete(arguments.root, arguments.shell))


def _complete_files(parser):
    """Notes for `shtab` which arguments are files or folders, by their metavars."""
    import shtab

    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                _complete_files(command)
        elif isinstance(action.metavar, str) and not action.choices:
            if any(kind in action.metavar for kind in _FILES):
                action.complete = shtab.FILE
            elif action.metavar == "NAME|FOLDER" and action.default:
                action.complete = _name_or_folder(action.default)
            elif "FOLDER" in action.metavar:
                action.complete = shtab.DIRECTORY


def _name_or_folder(name):
    """The shipped preset, or any folder."""
    function = f"_aan_keras_{name}_or_dir"
    return {
        "bash": function,
        "zsh": function,
        "fish": f"({function})",
        "preamble": {
            "bash": f'{function}() {{ compgen -W {name} -- "$1"; '
            'compgen -d -- "$1"; }',
            "zsh": f"{function}() {{ _alternative 'presets:preset:({name})' "
            "'folders:folder:_files -/' }",
            "fish": f"function {function}\n  echo {name}\n"
            "  __fish_complete_directories (commandline -ct)\nend",
        },
    }
