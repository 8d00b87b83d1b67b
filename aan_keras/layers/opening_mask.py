"""What shows between two lips or two lids, as an area."""

import keras
import numpy as np
from keras import ops

from aan_keras.layers.take_known import take_known


@keras.saving.register_keras_serializable(package="aan_keras")
class OpeningMask(keras.layers.Layer):
    """Fills the opening between an upper and a lower chain of landmarks.

    Both chains begin and end at the same two corners. In the frame whose t axis runs
    from corner to corner and whose s axis is perpendicular to it (clockwise in the
    image, so that "lower" is larger), each chain is a polyline s(t), and a pixel's
    value is how much of it, along s, lies between the two:

        out = max(below - above, 0)
        below = clip(s_lower(t) - s + 1/2, 0, 1)
        above = clip(s_upper(t) - s + 1/2, 0, 1)

    A closed mouth gives zeros. Heatmaps leave this comparison of points to the net;
    drawn, it holds for faces that the net has not seen.

    Args:
        size: height and width of the mask; landmarks are in its pixels.
        upper: numbers of the upper chain's landmarks, from corner to corner.
        lower: numbers of the lower chain's, from and to the same corners.

    Input shape:
        float32 `[batch, landmarks, 2]`, (x, y), pixel centres at integers.

    Output shape:
        `[batch, size, size, 1]`, in [0, 1].

    Example:

    >>> inner_lips = OpeningMask(40, (60, 61, 62, 63, 64), (60, 67, 66, 65, 64))
    >>> inner_lips(landmarks).shape
    (8, 40, 40, 1)
    """

    def __init__(self, size, upper, lower, **kwargs):
        super().__init__(autocast=False, **kwargs)
        upper, lower = tuple(upper), tuple(lower)
        if (upper[0], upper[-1]) != (lower[0], lower[-1]) or upper[0] == upper[-1]:
            raise ValueError(
                "`upper` and `lower` must begin and end at the same two landmarks. "
                f"Received: upper={upper}, lower={lower}"
            )
        self.size = size
        self.upper = upper
        self.lower = lower

    def call(self, landmarks):
        _, above, below = self.curves(landmarks)
        return ops.cast(self.between(above, below), self.compute_dtype)

    def curves(self, landmarks):
        """Where pixels lie beside both chains.

        Args:
            landmarks: float32 `[B, landmarks, 2]`.

        Returns:
            along: float32 `[B, size, size, 1]`, t as a share of the distance of the
                corners.
            above, below: the same shape, s_upper(t) - s and s_lower(t) - s in pixels.
        """
        landmarks = ops.cast(landmarks, "float32")
        count = len(self.lower)
        # Both chains at once: what a graph of such small steps costs is their number.
        knots = take_known(landmarks, (*self.lower, *self.upper), axis=1)
        first = knots[:, :1]
        axis = knots[:, -1:] - first
        length = ops.sqrt(ops.sum(axis * axis, axis=-1, keepdims=True) + 1e-6)
        axis = axis / length
        x, y = ops.unstack(axis, axis=-1)  # [B, 1]

        def in_frame(points):
            dx, dy = ops.unstack(points - first, axis=-1)
            return dx * x + dy * y, dy * x - dx * y

        t, s = in_frame(ops.convert_to_tensor(_pixels(self.size)))  # [B, size * size]
        places, heights = in_frame(knots)
        chains = slice(count, None), slice(count)
        above, below = (
            _polyline(t, places[:, chain], heights[:, chain]) - s for chain in chains
        )
        return tuple(
            ops.reshape(values, (-1, self.size, self.size, 1))
            for values in (t / length[..., 0], above, below)
        )

    def between(self, above, below):
        """The mask, float32 `[B, size, size, 1]`, from distances that `curves` gave."""
        below, above = (ops.clip(end + 0.5, 0.0, 1.0) for end in (below, above))
        return ops.maximum(below - above, 0.0)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.size, self.size, 1)

    def build(self, input_shape):
        highest = max(*self.upper, *self.lower)
        if len(input_shape) != 3 or input_shape[1] <= highest or input_shape[2] != 2:
            raise ValueError(
                f"`landmarks` must be shaped [batch, n > {highest}, 2]. "
                f"Received: input_shape={tuple(input_shape)}"
            )

    def get_config(self):
        return {
            **super().get_config(),
            "size": self.size,
            "upper": self.upper,
            "lower": self.lower,
        }


def _pixels(size):
    y, x = np.mgrid[:size, :size].reshape(2, -1)
    return np.stack([x, y], -1)[None].astype("float32")


def _polyline(t, knots, values):
    """Linear interpolation of `[B, n]` values, constant beyond the ends.

    A sum of ramps instead of a search for the segment: no gather in the graph. Knots
    closer than half a pixel, or in the wrong order, count as half a pixel apart.
    """
    steps = ops.maximum(knots[:, 1:] - knots[:, :-1], 0.5)
    slopes = (values[:, 1:] - values[:, :-1]) / steps
    starts, steps, slopes = (
        ops.expand_dims(x, -1) for x in (knots[:, :-1], steps, slopes)
    )
    t = ops.expand_dims(t, 1)
    ramps = ops.clip(t - starts, 0.0, steps)  # [B, n - 1, size * size]
    return values[:, :1] + ops.sum(ramps * slopes, axis=1)
