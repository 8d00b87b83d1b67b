"""Which work is under way for which visitor."""

import contextlib
import pathlib
import shutil
import tempfile
import threading


class VisitorJobs:
    """One job a visitor, which that visitor alone can cancel, and its files.

    Args:
        folder: where results are kept, in a folder a visitor.
    """

    def __init__(self, folder):
        self._folder = pathlib.Path(folder)
        self._lock = threading.Lock()
        self._asked = {}
        self._cancels = {}
        self._folders = {}

    def ask(self, visitor):
        """A job will start soon: from now on it can be cancelled.

        It may wait for other visitors' jobs, and a visitor who presses Cancel
        meanwhile must not be shown its result later.
        """
        with self._lock:
            if visitor not in self._cancels:
                self._asked[visitor] = threading.Event()

    @contextlib.contextmanager
    def start(self, visitor):
        """Gives `(folder, cancel)`: an empty folder, a `threading.Event`.

        The event may be set already, see `ask`. A visitor's job that is still under way
        is cancelled; an error leaves no files.
        """
        with self._lock:
            cancel = self._asked.pop(visitor, None) or threading.Event()
            before = self._cancels.get(visitor)
            if before is not None:
                before.set()
            self._cancels[visitor] = cancel
            folder = pathlib.Path(tempfile.mkdtemp(dir=self._folder))
            self._folders.setdefault(visitor, []).append(folder)
        try:
            yield folder, cancel
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        finally:
            with self._lock:
                if self._cancels.get(visitor) is cancel:
                    del self._cancels[visitor]

    def cancel(self, visitor):
        """Stops the visitor's job, or the one asked for; False if there is none."""
        with self._lock:
            cancel = self._cancels.get(visitor) or self._asked.get(visitor)
            if cancel is not None:
                cancel.set()
            return cancel is not None

    def leave(self, visitor):
        """Stops the visitor's job and deletes the visitor's results."""
        self.cancel(visitor)
        with self._lock:
            self._asked.pop(visitor, None)
            folders = self._folders.pop(visitor, [])
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
