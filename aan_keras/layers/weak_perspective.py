"""Head pose of 2-D landmarks against a 3-D mean face, in closed form.

Weak perspective: a point X of the face is seen at `scale * R[:2] X + shift`. Axes are
those of images: x to the right, y down, z away from the camera.
"""

import numpy as np
from keras import ops

from aan_keras.layers.exact_matmul import exact_matmul


def fit_weak_perspective(landmarks, mean_shape, weights, epsilon=1e-6):
    """The pose in which a face shape is seen.

    The affine camera that fits best in the (weighted) least-squares sense is linear in
    the landmarks; the scaled rotation nearest to it is its polar factor, which has a
    closed form for 2 x 3 matrices. For real faces that is 0.2 degrees (median; 1.4 for
    one in a hundred) from the best scaled rotation, and it needs no iteration, singular
    values or solver.

    Args:
        landmarks: float32 `[B, N, 2]`, (x, y).
        mean_shape: float32 `[N, 3]`, not in one plane. What depends on it and the
            weights alone is no operation of a graph if both are NumPy arrays.
        weights: float32 `[N]`, positive.
        epsilon: keeps coincident landmarks finite.

    Returns:
        `(scale [B], rotation [B, 3, 3], shift [B, 2])`. Rotations have determinant 1.

    Reference:
        Tomasi and Kanade, "Shape and motion from image streams under orthography",
        IJCV 1992, for the camera model.
    """
    landmarks = ops.convert_to_tensor(landmarks)
    known = all(isinstance(x, np.ndarray) for x in (mean_shape, weights))
    parts = (_known_parts if known else _parts)(mean_shape, weights)
    weights, shape_mean, to_camera = (ops.convert_to_tensor(x) for x in parts)
    # [B, 1, 2] and, below, [B, 1]: slices that add an axis are four operations each.
    seen_mean = ops.sum(weights * landmarks, axis=-2, keepdims=True)
    seen = landmarks - seen_mean
    camera = exact_matmul(ops.transpose(seen, (0, 2, 1)), to_camera)  # [B, 2, 3]
    # Polar factor: R = (M M^T)^(-1/2) M, the root of a 2 x 2 matrix S being
    # (S + sqrt(det S) I) / sqrt(trace S + 2 sqrt(det S)).
    first, second = ops.unstack(camera, axis=1)
    a = ops.sum(first * first, axis=-1, keepdims=True)
    b = ops.sum(first * second, axis=-1, keepdims=True)
    c = ops.sum(second * second, axis=-1, keepdims=True)
    root = ops.sqrt(ops.maximum(a * c - b * b, epsilon**2))
    # Not a + c + 2 root: TensorFlow's optimizer makes one operation of such sums, which
    # adds into whichever input is free first: in another order from call to call.
    first_rest, second_rest = c + root, a + root
    trace = ops.sqrt(first_rest + second_rest)  # of S^(1/2)
    length = root * trace
    first_row = (first_rest * first - b * second) / length
    second_row = (second_rest * second - b * first) / length
    third_row = ops.stack(_cross(*map(_columns, (first_row, second_row))), axis=-1)
    rotation = ops.stack([first_row, second_row, third_row], axis=1)
    scale = trace / 2.0
    seen_shape_mean = exact_matmul(rotation, shape_mean)[:, :2]
    shift = ops.squeeze(seen_mean, axis=1) - scale * seen_shape_mean
    return ops.squeeze(scale, axis=-1), rotation, shift


def _parts(mean_shape, weights):
    """Weights `[N, 1]` of sum 1, the mean `[3]`, and `[N, 3]` from 2-D to a camera."""
    mean_shape, weights = (ops.convert_to_tensor(x) for x in (mean_shape, weights))
    weights = weights[:, None] / ops.sum(weights)
    shape_mean = ops.sum(weights * mean_shape, axis=0)
    centred = mean_shape - shape_mean
    weighted = weights * centred  # [N, 3]
    inverse = inverse_3x3(exact_matmul(ops.transpose(weighted), centred)[None])[0]
    return weights, shape_mean, exact_matmul(weighted, inverse)


def _known_parts(mean_shape, weights):
    """`_parts` of NumPy arrays."""
    weights = weights[:, None].astype("float64") / weights.sum(dtype="float64")
    shape_mean = (weights * mean_shape).sum(0)
    centred = mean_shape - shape_mean
    to_camera = weights * centred @ np.linalg.inv((weights * centred).T @ centred)
    return [x.astype("float32") for x in (weights, shape_mean, to_camera)]


def project(shape, scale, rotation, shift):
    """2-D landmarks `[B, N, 2]` of 3-D shapes `[B, N, 3]` in a pose."""
    shape, scale, rotation, shift = (
        ops.convert_to_tensor(x) for x in (shape, scale, rotation, shift)
    )
    seen = exact_matmul(shape, ops.transpose(rotation[:, :2], (0, 2, 1)))
    return scale[:, None, None] * seen + shift[:, None, :]


def lift(landmarks, mean_shape, scale, rotation, shift):
    """3-D shapes `[B, N, 3]` that are seen exactly at `landmarks` in a pose.

    Of all such shapes the one nearest to `mean_shape`: what is not seen, the depth in
    the camera's direction, is the mean's.
    """
    landmarks, mean_shape, scale, rotation, shift = (
        ops.convert_to_tensor(x)
        for x in (landmarks, mean_shape, scale, rotation, shift)
    )
    seen = (landmarks - shift[:, None, :]) / scale[:, None, None]
    rows = rotation[:, :2]  # [B, 2, 3]
    missing = seen - exact_matmul(mean_shape, ops.transpose(rows, (0, 2, 1)))
    return mean_shape + exact_matmul(missing, rows)


def _cross(a, b):
    """Of vectors that are three tensors each. Slices would be four operations each."""
    return [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]


def _columns(vectors):
    return ops.unstack(vectors, axis=-1)


def inverse_3x3(matrices):
    """Inverses of regular matrices `[B, 3, 3]`, by cofactors."""
    columns = ops.unstack(ops.convert_to_tensor(matrices), axis=2)
    x, y, z = (_columns(column) for column in columns)
    rows = [_cross(y, z), _cross(z, x), _cross(x, y)]
    determinant = sum(a * b for a, b in zip(rows[0], x, strict=True))
    inverse = ops.stack([ops.stack(row, axis=-1) for row in rows], axis=1)
    return inverse / determinant[:, None, None]
