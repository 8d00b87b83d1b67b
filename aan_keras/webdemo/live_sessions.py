"""Which live session belongs to which visitor."""

import secrets
import threading
import time

from aan_keras.faces.input_error import InputError

MAX_SESSIONS = 8
_IDLE_SECONDS = 60


class LiveSessions:
    """The live sessions of a server, by tokens that can't be guessed.

    A visitor has one session; opening another ends it. Sessions whose camera was quiet
    for a minute give way.

    Args:
        limit: how many there may be at once.
        clock: callable that gives seconds.
    """

    def __init__(self, limit=MAX_SESSIONS, clock=time.monotonic):
        self._limit = limit
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions = {}  # token: [visitor, session, when it was last used]

    def __len__(self):
        return len(self._sessions)

    def open(self, visitor, session):
        """Keeps a `LiveSession` for a visitor; returns its token."""
        with self._lock:
            self._drop(lambda owner, used: owner == visitor)
            if len(self._sessions) >= self._limit:
                oldest = self._clock() - _IDLE_SECONDS
                self._drop(lambda owner, used: used < oldest)
            if len(self._sessions) >= self._limit:
                raise InputError(
                    f"{self._limit} cameras are in use, as many as this server takes: "
                    "try again later"
                )
            token = secrets.token_urlsafe(32)
            self._sessions[token] = [visitor, session, self._clock()]
            return token

    def find(self, token):
        """The `LiveSession` with this token, or None."""
        with self._lock:
            entry = self._sessions.get(token)
            if entry is None:
                return None
            entry[2] = self._clock()
            return entry[1]

    def close(self, visitor):
        """Ends a visitor's session, if there is one."""
        with self._lock:
            self._drop(lambda owner, used: owner == visitor)

    def _drop(self, is_over):
        for token, (owner, _, used) in list(self._sessions.items()):
            if is_over(owner, used):
                del self._sessions[token]
