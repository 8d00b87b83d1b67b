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
        self._cancels = {}
        self._folders = {}

    @contextlib.contextmanager
    def start(self, visitor):
        """Gives `(folder, cancel)`: an empty folder, a `threading.Event`.

        A visitor's job that is still under way is cancelled; an error leaves no files.
        """
        cancel = threading.Event()
        with self._lock:
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
        """Stops the visitor's job; False if there is none."""
        with self._lock:
            cancel = self._cancels.get(visitor)
            if cancel is not None:
                cancel.set()
            return cancel is not None

    def leave(self, visitor):
        """Stops the visitor's job and deletes the visitor's results."""
        self.cancel(visitor)
        with self._lock:
            folders = self._folders.pop(visitor, [])
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
