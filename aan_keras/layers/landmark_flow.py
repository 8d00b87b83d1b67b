"""Dense flow from two sets of landmarks."""

import keras
import numpy as np
from keras import ops

from aan_keras.layers.exact_matmul import exact_matmul

# Corners and edge centres of the normalized image square: the flow is zero there, so
# that the background stays in place.
BORDER_POINTS = np.array(
    [[-1, -1], [0, -1], [1, -1], [1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0]], "float64"
)


@keras.saving.register_keras_serializable(package="aan_keras")
class LandmarkFlow(keras.layers.Layer):
    """Thin-plate-spline flow that takes driving landmarks to source landmarks.

    The spline `f` with `f(driving_k) = source_k - driving_k`, zero at eight points of
    the image border, is evaluated on a grid. With the kernel `phi(r) = r^2 log r`, a
    smoothing `s` on the diagonal, landmarks `D` and border points `B`, the classic
    bordered system is solved by block elimination: everything that belongs to the
    border and to the affine part is constant and inverted once in float64, and the
    Schur complement that is left, `[K, K]` for K landmarks, is symmetric positive
    definite because the kernel is conditionally so. Its inverse comes from
    Newton-Schulz iterations: matrix products only, so the layer converts to TFLite
    builtins, where a general solve does not exist.

    Args:
        size: side of the flow's square grid in pixels.
        image_size: side in pixels of the crop that landmarks refer to.
        smoothing: added to the kernel's diagonal, in units of the image's half side
            squared. Coinciding landmarks (a closed mouth) need it to be positive.
        iterations: Newton-Schulz steps; they converge quadratically, the number
            needed grows with the logarithm of the condition number.

    Input shapes:
        source_landmarks, driving_landmarks: float32 `[B, K, 2]`, (x, y) in pixels of
            the `image_size` crop, pixel centres at integers.

    Output shape:
        float32 `[B, size, size, 2]`, (dx, dy) in pixels of the `size` grid, for
        backward warping: `out(p) = source(p + flow(p))`.

    Reference:
        Bookstein, "Principal warps", PAMI 1989; equal to
        `scipy.interpolate.RBFInterpolator(kernel="thin_plate_spline")`. Iteration:
        Schulz 1933, in Higham, "Functions of Matrices", 2008, section 7.3.
    """

    def __init__(self, size, image_size, smoothing=3e-4, iterations=20, **kwargs):
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)
        if size < 2 or image_size < 2:
            raise ValueError(
                "`size` and `image_size` must be at least 2. "
                f"Received: size={size}, image_size={image_size}"
            )
        if smoothing <= 0:
            raise ValueError(
                f"`smoothing` must be positive. Received: smoothing={smoothing}"
            )
        if iterations < 1:
            raise ValueError(
                f"`iterations` must be at least 1. Received: iterations={iterations}"
            )
        self.size = size
        self.image_size = image_size
        self.smoothing = smoothing
        self.iterations = iterations
        self._precompute()

    def _precompute(self):
        border = BORDER_POINTS
        affine = np.hstack([np.ones((8, 1)), border])
        kernel = _kernel_numpy(border, border) + self.smoothing * np.eye(8)
        constant = np.block([[kernel, affine], [affine.T, np.zeros((3, 3))]])
        self._inverse = np.linalg.inv(constant).astype("float32")
        centres = (np.arange(self.size) + 0.5) / self.size * 2.0 - 1.0
        grid = np.stack(np.meshgrid(centres, centres), -1).reshape(-1, 2)
        basis = np.hstack([_kernel_numpy(grid, border), np.ones((len(grid), 1)), grid])
        self._grid = grid.astype("float32")
        # Contribution of border and affine terms to each grid point, per landmark row.
        self._grid_basis = (basis @ np.linalg.inv(constant)).astype("float32")

    def build(self, source_landmarks_shape, driving_landmarks_shape):
        source, driving = tuple(source_landmarks_shape), tuple(driving_landmarks_shape)
        if source[1:] != driving[1:] or len(source) != 3 or source[-1] != 2:
            raise ValueError(
                "`LandmarkFlow` takes two landmark sets `[B, K, 2]`. "
                f"Received: shapes {source} and {driving}"
            )
        self.built = True

    def call(self, source_landmarks, driving_landmarks):
        source = self._normalize(source_landmarks)
        driving = self._normalize(driving_landmarks)
        count = driving.shape[1]
        border = ops.convert_to_tensor(BORDER_POINTS, "float32")
        bordering = ops.concatenate(
            [
                _kernel(driving, ops.expand_dims(border, 0)),
                ops.ones_like(driving[..., :1]),
                driving,
            ],
            axis=-1,
        )  # [B, K, 11]
        bordering_t = ops.transpose(bordering, (0, 2, 1))
        schur = (
            _kernel(driving, driving)
            + self.smoothing * ops.eye(count, dtype="float32")
            - exact_matmul(exact_matmul(bordering, self._inverse), bordering_t)
        )  # [B, K, K]
        weights = self._solve(schur, source - driving)  # [B, K, 2]
        # flow = (phi(grid, D) - basis C^-1 E^T) w, grouped so that no [grid, K]
        # product but the kernel's own is formed.
        landmark_part = exact_matmul(
            _kernel(ops.convert_to_tensor(self._grid)[None], driving), weights
        )
        constant_part = exact_matmul(
            self._grid_basis, exact_matmul(bordering_t, weights)
        )
        flow = (landmark_part - constant_part) * (self.size / 2.0)
        return ops.reshape(flow, (-1, self.size, self.size, 2))

    def _normalize(self, landmarks):
        landmarks = ops.cast(landmarks, "float32")
        return (landmarks + 0.5) * (2.0 / self.image_size) - 1.0

    def _solve(self, matrix, right_hand_side):
        """Solves the positive definite system `[B, K, K] x = [B, K, 2]`."""
        twice = 2.0 * ops.eye(matrix.shape[-1], dtype="float32")
        # The largest absolute row sum bounds the largest eigenvalue, so that all
        # eigenvalues of I - A X start inside (0, 1).
        bound = ops.max(ops.sum(ops.abs(matrix), axis=-1), axis=-1)
        inverse = 0.5 * twice / ops.reshape(bound, (-1, 1, 1))
        for _ in range(self.iterations):
            inverse = exact_matmul(inverse, twice - exact_matmul(matrix, inverse))
        solution = exact_matmul(inverse, right_hand_side)
        residual = right_hand_side - exact_matmul(matrix, solution)
        return solution + exact_matmul(inverse, residual)

    def compute_output_shape(self, source_landmarks_shape, driving_landmarks_shape):
        return (source_landmarks_shape[0], self.size, self.size, 2)

    def compute_output_spec(self, source_landmarks, driving_landmarks):
        # By default Keras announces the compute dtype; a flow is float32 always.
        shape = self.compute_output_shape(
            source_landmarks.shape, driving_landmarks.shape
        )
        return keras.KerasTensor(shape, "float32")

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "size": self.size,
                "image_size": self.image_size,
                "smoothing": self.smoothing,
                "iterations": self.iterations,
            }
        )
        return config


def _kernel_numpy(a, b):
    squared = ((a[:, None] - b[None]) ** 2).sum(-1)
    return 0.5 * squared * np.log(squared + 1e-12)


def _kernel(a, b):
    """`r^2 log r` between `[B, N, 2]` and `[B, M, 2]` points: `[B, N, M]`."""
    dx = ops.expand_dims(a[..., 0], -1) - ops.expand_dims(b[..., 0], -2)
    dy = ops.expand_dims(a[..., 1], -1) - ops.expand_dims(b[..., 1], -2)
    squared = dx * dx + dy * dy
    return 0.5 * squared * ops.log(squared + 1e-12)
