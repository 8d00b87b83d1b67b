"""Least-squares similarity transforms between 2-D point sets."""

from keras import ops


def fit_similarity(from_points, to_points, epsilon=1e-6):
    """Least-squares similarity (rotation, uniform scale, shift) between point sets.

    The closed form of the Procrustes problem in 2-D: with centred points as complex
    numbers, the best `a + ib` is `sum(conj(p) q) / sum(|p|^2)`.

    Args:
        from_points: float32 `[B, N, 2]`, (x, y).
        to_points: float32, broadcastable to `[B, N, 2]`.
        epsilon: keeps coincident points (zero spread) finite.

    Returns:
        float32 `[B, 4]`: `(a, b, tx, ty)` with `x' = a x - b y + tx` and
        `y' = b x + a y + ty`.

    Reference:
        Umeyama, "Least-squares estimation of transformation parameters between two
        point patterns", PAMI 1991, for two dimensions.
    """
    from_mean = ops.mean(from_points, axis=-2, keepdims=True)
    to_mean = ops.mean(to_points, axis=-2, keepdims=True)
    px, py = (from_points - from_mean)[..., 0], (from_points - from_mean)[..., 1]
    qx, qy = (to_points - to_mean)[..., 0], (to_points - to_mean)[..., 1]
    spread = ops.sum(px * px + py * py, axis=-1) + epsilon
    a = ops.sum(px * qx + py * qy, axis=-1) / spread
    b = ops.sum(px * qy - py * qx, axis=-1) / spread
    mx, my = from_mean[..., 0, 0], from_mean[..., 0, 1]
    tx = to_mean[..., 0, 0] - (a * mx - b * my)
    ty = to_mean[..., 0, 1] - (b * mx + a * my)
    return ops.stack([a, b, tx, ty], axis=-1)


def apply_similarity(transform, x, y):
    """Maps coordinates through `(a, b, tx, ty)`.

    Args:
        transform: float32 `[B, 4]` from `fit_similarity`.
        x: float32, `[B, ...]` or broadcastable.
        y: float32, of as many axes as `x`; both may be axes of a grid.

    Returns:
        `(x', y')`, shaped `[B, ...]`.
    """
    shape = (-1, *[1] * (len(x.shape) - 1), 4)
    a, b, tx, ty = ops.unstack(ops.reshape(transform, shape), axis=-1)
    # Grouped so that of a grid's axes only the last sum is as large as the grid.
    return (a * x + tx) - b * y, (b * x + ty) + a * y


def invert_similarity(transform):
    """Inverse of `(a, b, tx, ty)`; float32 `[B, 4]` to float32 `[B, 4]`."""
    a, b, tx, ty = ops.unstack(transform, axis=-1)
    # Coinciding landmarks give scale 0: no NaN may become a pixel index.
    scale = ops.maximum(a * a + b * b, 1e-12)
    ia, ib = a / scale, -b / scale
    return ops.stack([ia, ib, -(ia * tx - ib * ty), -(ib * tx + ia * ty)], axis=-1)
