"""Calls that are made again when a server was away or too slow."""

import random
import time

from aan_keras.serving.serving_error import ServingError

# The others say that the same request would fail again.
RETRIED = ("UNAVAILABLE", "DEADLINE_EXCEEDED")


class Retry:
    """Calls a function until it succeeds, with exponential backoff.

    Before the n-th repetition it waits `first_wait * 2**(n - 1)` seconds, at most
    `longest_wait`, less a random part of up to a half, so that clients that failed
    together do not come back together.

    Args:
        retries: how often to repeat after the first failure; 0: never.
        first_wait: seconds.
        longest_wait: seconds.
        sleep: callable that waits.
    """

    def __init__(self, retries=3, first_wait=0.2, longest_wait=5.0, sleep=time.sleep):
        if retries < 0 or first_wait < 0:
            raise ValueError(
                "`retries` and `first_wait` must be at least 0. "
                f"Received: retries={retries}, first_wait={first_wait}"
            )
        self.retries = retries
        self._first_wait = first_wait
        self._longest_wait = longest_wait
        self._sleep = sleep

    def __call__(self, function, stopped=None):
        """`function()`; a `ServingError` of another code than `RETRIED` is raised.

        Args:
            function: callable without arguments.
            stopped: `threading.Event` that ends the wait and the repetitions.
        """
        for repetition in range(self.retries + 1):
            try:
                return function()
            except ServingError as error:
                if error.code not in RETRIED or repetition == self.retries:
                    raise
                wait = min(self._first_wait * 2**repetition, self._longest_wait)
                wait *= random.uniform(0.5, 1.0)
                if stopped is None:
                    self._sleep(wait)
                elif stopped.wait(wait):
                    raise
