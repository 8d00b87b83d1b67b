"""Low-pass filter whose cutoff rises with speed: steady at rest, prompt in motion."""

import numpy as np


class OneEuroFilter:
    """The One Euro filter, for points.

    A first-order low-pass filter. A point at rest is filtered strongly, since there
    jitter is seen; a moving one weakly, since there delay is seen. Each point has a
    cutoff of its own, from the length of its filtered velocity. The filter is causal:
    it needs no later frame.

    Args:
        min_cutoff: cutoff frequency of a point at rest, in Hz.
        beta: rise of the cutoff with speed, in Hz per unit of length a second.
        velocity_cutoff: cutoff frequency of the velocity, in Hz.

    Example:

    >>> steady = OneEuroFilter(min_cutoff=1.0, beta=10.0)
    >>> steady(points, seconds=0.0)  # [..., 2], of any length unit
    >>> steady(later_points, seconds=0.04)

    Reference:
        Casiez, Roussel and Vogel, "1 EUR filter: a simple speed-based low-pass filter
        for noisy input in interactive systems", CHI 2012, Algorithms 1 and 2.
    """

    def __init__(self, min_cutoff=1.0, beta=0.0, velocity_cutoff=1.0):
        if not (min_cutoff > 0 and beta >= 0 and velocity_cutoff > 0):
            raise ValueError(
                "Cutoff frequencies must be positive and beta not negative. Received: "
                f"min_cutoff={min_cutoff}, beta={beta}, "
                f"velocity_cutoff={velocity_cutoff}"
            )
        self.min_cutoff = min_cutoff
        self.beta = beta
        self.velocity_cutoff = velocity_cutoff
        self._seconds = None

    def __call__(self, points, seconds):
        """Filters the next points.

        Args:
            points: `[..., D]`, of the same shape every time.
            seconds: when they were measured; more than the last time.

        Returns:
            float64, of the shape of `points`.
        """
        points = np.asarray(points, "float64")
        if self._seconds is None:
            self._points, self._velocity = points, np.zeros_like(points)
        else:
            period = seconds - self._seconds
            if period <= 0:
                raise ValueError(
                    "Times must increase. "
                    f"Received: {seconds} after {self._seconds} seconds"
                )
            velocity = (points - self._points) / period
            weight = _weight(self.velocity_cutoff, period)
            self._velocity = self._velocity + weight * (velocity - self._velocity)
            speed = np.linalg.norm(self._velocity, axis=-1, keepdims=True)
            weight = _weight(self.min_cutoff + self.beta * speed, period)
            self._points = self._points + weight * (points - self._points)
        self._seconds = seconds
        return self._points


def _weight(cutoff, period):
    """Of the new value in exponential smoothing: 1 / (1 + tau / period)."""
    return 1 / (1 + 1 / (2 * np.pi * cutoff * period))
