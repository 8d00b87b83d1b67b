"""Runs notebooks and stores their outputs: python notebooks/execute.py [NOTEBOOK ...]

Each runs in an empty folder and in a kernel of its own, as it does on a new machine.
With the environment variable CI set, sizes are small; outputs to keep are made without.
"""

import os
import pathlib
import sys
import tempfile

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = sorted(pathlib.Path(__file__).parent.glob("*.ipynb"))
METADATA = {
    "kernelspec": {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}
# A command that fails behind `!` would otherwise go unnoticed.
_STARTUP = """
def _check_commands(shell):
    run = shell.system

    def system(command):
        run(command)
        if shell.user_ns["_exit_code"]:
            raise RuntimeError(f"exit code {shell.user_ns['_exit_code']}: {command}")

    shell.system = system


_check_commands(get_ipython())
del _check_commands
"""


# Nor are messages of C++ libraries an output of the cell that happens to run.
_CONFIGURATION = "get_config().IPKernelApp.capture_fd_output = False\n"


def execute(path, folder, timeout=1800, **environment):
    """Runs a notebook.

    Args:
        path: the `.ipynb` file; it is not changed.
        folder: working directory of the kernel.
        timeout: seconds that one cell may take.
        **environment: environment variables of the kernel, on top of this process'.

    Returns:
        The notebook with its outputs, and without traces of the machine.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell raised, or a command that it
            runs failed.
    """
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as settings:
        profile = pathlib.Path(settings, "profile_default")
        (profile / "startup").mkdir(parents=True)
        (profile / "startup" / "check_commands.py").write_text(_STARTUP)
        (profile / "ipython_kernel_config.py").write_text(_CONFIGURATION)
        client = NotebookClient(
            notebook,
            timeout=timeout,
            kernel_name="python3",
            record_timing=False,
            # As one sees it: progress that is drawn over is left out.
            coalesce_streams=True,
        )
        environment = {**os.environ, "IPYTHONDIR": settings, **environment}
        client.execute(cwd=str(folder), env=environment)
    notebook.metadata = {
        **METADATA,
        **{k: v for k, v in notebook.metadata.items() if k == "accelerator"},
    }
    for cell in notebook.cells:
        cell.metadata = {}
    return notebook


def main(paths):
    for path in paths or NOTEBOOKS:
        print(path)
        with tempfile.TemporaryDirectory() as folder:
            nbformat.write(execute(path, folder), path)


if __name__ == "__main__":
    main(sys.argv[1:])
