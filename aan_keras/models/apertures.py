"""Openings of mouth and eyes when a face shape is changed."""

import numpy as np
from keras import ops

from aan_keras.layers.exact_matmul import exact_matmul

# (upper, lower) points that touch when the lips or lids are closed.
LIP_PAIRS = ((61, 67), (62, 66), (63, 65))
LID_PAIRS = ((37, 41), (38, 40), (43, 47), (44, 46))
# The lips' outlines go with the lips' inner edges.
_FOLLOWERS = {61: 50, 62: 51, 63: 52, 65: 56, 66: 57, 67: 58}
_LARGEST_RATIO = 2.0


def keep_apertures(moved, driving, source_neutral, driving_neutral):
    """Gives mouth and eyes the driving face's opening.

    Adding a difference of shapes to closed lips or lids opens them, or makes them
    cross. So lips are as far apart as the driving lips; lids are as far apart as the
    driving lids, times the ratio of both persons' usual opening. Upper and lower point
    move by half of the correction each, along y of the head's frame.

    Args:
        moved: `[T, 68, 3]`, shapes to correct.
        driving: `[T, 68, 3]`, the driving shapes.
        source_neutral, driving_neutral: `[1 or T, 68, 3]`, the two persons' mean
            shapes.

    Returns:
        `[T, 68, 3]`.
    """
    lips, lids = np.array(LIP_PAIRS), np.array(LID_PAIRS)
    lip_change = _opening(driving, lips) - _opening(moved, lips)
    source_usual = ops.maximum(_opening(source_neutral, lids), 1e-3)
    driving_usual = ops.maximum(_opening(driving_neutral, lids), 1e-3)
    ratio = ops.clip(source_usual / driving_usual, 1 / _LARGEST_RATIO, _LARGEST_RATIO)
    lid_change = _opening(driving, lids) * ratio - _opening(moved, lids)
    change = ops.concatenate([lip_change, lid_change], axis=-1)  # [T, 7]
    change = exact_matmul(change, ops.convert_to_tensor(_shares(), moved.dtype))
    zero = ops.zeros_like(change)
    return moved + ops.stack([zero, change, zero], axis=-1)


def _opening(shape, pairs):
    y = shape[..., 1]
    return ops.take(y, pairs[:, 1], axis=-1) - ops.take(y, pairs[:, 0], axis=-1)


def _shares():
    """`[7, 68]`: how far each point moves when an opening grows by 1."""
    shares = np.zeros((len(LIP_PAIRS) + len(LID_PAIRS), 68))
    for row, pair in enumerate((*LIP_PAIRS, *LID_PAIRS)):
        for point, share in zip(pair, (-0.5, 0.5)):
            shares[row, point] = share
            if point in _FOLLOWERS:
                shares[row, _FOLLOWERS[point]] = share
    return shares
