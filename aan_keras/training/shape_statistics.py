"""What a landmark transformer has to know of faces, from 2-D landmarks alone.

NumPy in float64. Everything is symmetric: each face counts together with its mirror
image.
"""

import numpy as np

from aan_keras.data.mirror import MIRROR_PERMUTATION

_ROUNDS = 30
_LANDMARK_NOISE = 0.03
_RIDGE = 0.2


def shape_statistics(images, num_identity, num_expression):
    """Mean face, pose weights, identity directions and expression components.

    Args:
        images: `aan_keras.data.FaceImages`, or what has its `landmarks`, `people`,
            `takes` and `weights`.
        num_identity: directions of identity, M.
        num_expression: principal components of the expression, K.

    Returns:
        dict of float64 arrays: `mean_shape` `[68, 3]`, `pose_weights` `[68]`, `filters`
        `[204, M]`, `variances` `[M]`, `identity_basis` `[M, 204]`,
        `expression_basis` `[K, 204]`; see `LandmarkTransformer`.
    """
    landmarks, people = np.asarray(images.landmarks, "float64"), images.people
    takes, weights = images.takes, images.weights / images.weights.sum()
    counts = np.bincount(people)
    if len(counts) < 2 or counts.max() < 2:
        raise ValueError(
            "Two people at least, and of one of them two images, are needed to tell "
            f"identity from expression. Received: {len(counts)} people, "
            f"{len(landmarks)} images"
        )
    point_weights = np.ones(68)
    mean_shape = None
    for _ in range(2):
        mean_shape = fit_mean_shape(landmarks, weights, point_weights, mean_shape)
        deviation = deviations(landmarks, mean_shape, point_weights)
        point_weights = _steadiness(deviation, takes, weights)
    deviation = deviations(landmarks, mean_shape, point_weights).reshape(-1, 204)
    within, between = _covariances(deviation, people, weights)
    within += _RIDGE * np.trace(within) / 204 * np.eye(204)
    # The generalized eigenproblem between x = variance within x.
    whiten = np.linalg.inv(np.linalg.cholesky(within))
    variances, directions = np.linalg.eigh(whiten @ between @ whiten.T)
    variances = np.maximum(variances[::-1][:num_identity], 0)
    filters = whiten.T @ directions[:, ::-1][:, :num_identity]
    basis = (within @ filters).T
    identity = (deviation @ filters * (variances / (variances + 1))) @ basis
    expression = _with_mirrored(deviation - identity)
    twice = np.concatenate([weights, weights]) / 2
    components = np.linalg.eigh((expression * twice[:, None]).T @ expression)[1]
    return {
        "mean_shape": mean_shape,
        "pose_weights": point_weights,
        "filters": filters,
        "variances": variances,
        "identity_basis": basis,
        "expression_basis": components[:, ::-1][:, :num_expression].T,
    }


def fit_mean_shape(landmarks, weights, point_weights, start=None):
    """3-D mean face whose weak-perspective views are nearest to the landmarks.

    Poses and shape are fitted in turn. Heads that turn show the depth.

    Args:
        landmarks: `[N, 68, 2]`.
        weights: `[N]`, of the images.
        point_weights: `[68]`, for the poses.
        start: `[68, 3]`; None: a face in front of a cylinder.

    Returns:
        `[68, 3]`, centred, the distance between the eyes' centres being 1.
    """
    shape = _first_guess(landmarks, weights) if start is None else start
    for _ in range(_ROUNDS):
        scale, rotation, shift = fit_poses(landmarks, shape, point_weights)
        rows = rotation[:, :2]
        seen = (landmarks - shift[:, None]) / scale[:, None, None]
        normal = np.einsum("n,nij,nik->jk", weights, rows, rows)
        right = np.einsum("n,nij,npi->pj", weights, rows, seen, optimize=True)
        shape = np.linalg.solve(normal, right.T).T
        shape = _unit((shape + mirror_shapes(shape)) / 2)
    return shape


def fit_poses(landmarks, shape, point_weights):
    """Pose of every face: scale `[N]`, rotation `[N, 3, 3]`, shift `[N, 2]`.

    The same estimate as `aan_keras.layers.weak_perspective`, by singular values.
    """
    share = point_weights / point_weights.sum()
    shape_mean = share @ shape
    centred = shape - shape_mean
    seen_mean = np.einsum("p,npi->ni", share, landmarks)
    inverse = np.linalg.inv((share[:, None] * centred).T @ centred)
    camera = np.einsum(
        "npi,p,pj->nij", landmarks - seen_mean[:, None], share, centred @ inverse
    )
    left, singular, right = np.linalg.svd(camera, full_matrices=False)
    rows = left @ right
    third = np.cross(rows[:, 0], rows[:, 1])
    scale = singular.mean(-1)
    shift = seen_mean - scale[:, None] * (rows @ shape_mean)
    return scale, np.concatenate([rows, third[:, None]], axis=1), shift


def deviations(landmarks, mean_shape, point_weights):
    """`[N, 68, 3]`: the shapes nearest to the mean face that are seen so, minus it."""
    scale, rotation, shift = fit_poses(landmarks, mean_shape, point_weights)
    rows = rotation[:, :2]
    seen = (landmarks - shift[:, None]) / scale[:, None, None]
    missing = seen - np.einsum("nij,pj->npi", rows, mean_shape)
    return np.einsum("npi,nij->npj", missing, rows)


def mirror_shapes(shapes):
    """Mirror images of 3-D shapes `[..., 68, 3]`."""
    return shapes[..., MIRROR_PERMUTATION, :] * [-1, 1, 1]


def group_means(values, groups):
    """Mean of `values` `[N, C]` in each group `[N]` of integers from 0."""
    sums = np.zeros((groups.max() + 1, values.shape[1]))
    np.add.at(sums, groups, values)
    return sums / np.bincount(groups)[:, None]


def _with_mirrored(deviation):
    mirrored = mirror_shapes(deviation.reshape(-1, 68, 3)).reshape(-1, 204)
    return np.concatenate([deviation, mirrored])


def _first_guess(landmarks, weights):
    faces = landmarks - landmarks.mean(1, keepdims=True)
    faces = faces / _eye_distance(faces)[:, None, None]
    flat = np.einsum("n,npi->pi", weights, faces)
    width = np.abs(flat[:, 0]).max() + 0.1
    depth = -np.sqrt(width**2 - flat[:, 0] ** 2)
    depth[27:36] -= [0.1, 0.2, 0.3, 0.4, 0.1, 0.2, 0.2, 0.2, 0.1]  # the nose
    shape = np.concatenate([flat, depth[:, None]], axis=1)
    return _unit((shape + mirror_shapes(shape)) / 2)


def _unit(shape):
    shape = shape - shape.mean(0)
    return shape / _eye_distance(shape)


def _eye_distance(shapes):
    right, left = shapes[..., 36:42, :].mean(-2), shapes[..., 42:48, :].mean(-2)
    return np.linalg.norm(left - right, axis=-1)


def _steadiness(deviation, takes, weights):
    """Weights of the points for the pose: little for those that expressions move."""
    own = deviation - group_means(deviation.reshape(-1, 204), takes)[takes].reshape(
        deviation.shape
    )
    several = np.bincount(takes)[takes] > 1
    variance = np.einsum("n,npi->p", weights * several, own**2)
    variance /= (weights * several).sum()
    variance = (variance + variance[MIRROR_PERMUTATION]) / 2
    steadiness = 1 / (variance + _LANDMARK_NOISE**2)
    return steadiness / steadiness.max()


def _covariances(deviation, people, weights):
    """Covariance within persons, and of the persons' true means."""
    counts = np.bincount(people)
    means = group_means(deviation, people)
    # A person's mean is nearer to the images it is made of than to others.
    unbiased = weights * counts[people] / np.maximum(counts[people] - 1, 1)
    unbiased = np.where(counts[people] > 1, unbiased, 0)
    total = weights[counts[people] > 1].sum()
    own = _with_mirrored(deviation - means[people])
    within = (own * np.concatenate([unbiased, unbiased])[:, None]).T @ own / total / 2
    means = _with_mirrored(means)
    between = means.T @ means / len(means) - within * np.mean(1 / counts)
    return within, between
