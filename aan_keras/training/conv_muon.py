"""Muon for models of convolutions."""

import math

import keras
from keras import ops

from aan_keras.layers.pixel_shuffle import SUB_PIXELS

# Quintic of Newton-Schulz whose repetition brings singular values near 1 fastest: after
# five steps all from .002 up lie between .68 and 1.21.
_QUINTIC = (3.4445, -4.7750, 2.0315)
# Below, an update has too few directions to even out: of image channels, masks, flows.
_LEAST_SIDE = 8


@keras.saving.register_keras_serializable(package="aan_keras")
class ConvMuon(keras.optimizers.Adam):
    """Muon for the kernels of convolutions and dense layers, Adam for all else.

    A kernel `[..., channels, filters]` is a matrix of `filters` columns. Its update is
    the momentum of its gradients with all singular values brought near 1
    (Newton-Schulz), times `learning_rate * rms * sqrt(max(rows, columns))`, which makes
    the update as large as Adam's usually is, so that a learning rate of Adam's fits.
    Biases, scalars and matrices with fewer than eight rows or columns are Adam's.

    Before a `PixelShuffle` by `s` a filter makes one of `s^2` neighbouring pixels. Such
    a kernel (see `layers.pixel_shuffle.mark_sub_pixels`) has `s^2` times the rows and
    `filters / s^2` columns: as `filters` columns the updates of neighbouring pixels
    would be made orthogonal to each other, though images are mostly smooth.

    `keras.optimizers.Muon` does this for matrices only and leaves kernels of
    convolutions to Adam.

    Args:
        learning_rate: of all variables; a float or a schedule.
        momentum: of the kernels' gradients (Nesterov's).
        rms: usual size of an entry of an update, by which Muon is made comparable to
            Adam.
        newton_schulz_steps: int, repetitions of the quintic.
        kernel_decay: of a kernel, a step takes `learning_rate * kernel_decay` off.
            Without it all singular values kept growing in long runs.
        beta_1, beta_2, epsilon: Adam's.
        **kwargs: see `keras.optimizers.Adam`; `amsgrad` is refused.

    Example:

    >>> optimizer = ConvMuon(ConstantThenDecay(2e-3, 8000, 200, 0.5))
    >>> reenactor.compile(optimizer)

    References:
        - Jordan et al., "Muon: An optimizer for hidden layers in neural networks",
          2024, whose coefficients these are.
        - [Liu et al., "Muon is Scalable for LLM Training", 2025](
          https://arxiv.org/abs/2502.16982), the size of the update, and the decay.
    """

    def __init__(
        self,
        learning_rate=0.001,
        momentum=0.95,
        rms=0.2,
        newton_schulz_steps=5,
        kernel_decay=0.1,
        beta_1=0.9,
        beta_2=0.99,
        epsilon=1e-7,
        name="conv_muon",
        **kwargs,
    ):
        if not 0 <= momentum < 1:
            raise ValueError(
                f"`momentum` must be in [0, 1). Received: momentum={momentum}"
            )
        if kernel_decay < 0:
            raise ValueError(
                f"`kernel_decay` must not be negative. Received: {kernel_decay}"
            )
        if kwargs.pop("amsgrad", False):
            raise ValueError("`amsgrad` is not supported. Received: amsgrad=True")
        super().__init__(
            learning_rate,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            name=name,
            **kwargs,
        )
        self.momentum = momentum
        self.rms = rms
        self.newton_schulz_steps = newton_schulz_steps
        self.kernel_decay = kernel_decay

    def build(self, var_list):
        if self.built:
            return
        # Past Adam's own, which would keep squares of all gradients.
        super(keras.optimizers.Adam, self).build(var_list)

        def slot(variable, name):
            return self.add_variable_from_reference(variable, name=name)

        # An update may get a backend's variable, which bears no mark.
        self._sides = [_sides(v) for v in var_list]
        self._momentums = [slot(v, "momentum") for v in var_list]
        self._velocities = [
            None if sides else slot(v, "velocity")
            for v, sides in zip(var_list, self._sides)
        ]

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        sides = self._sides[index]
        if not sides:
            super().update_step(gradient, variable, learning_rate)
            return
        gradient = ops.cast(gradient, variable.dtype)
        momentum = self._momentums[index]
        self.assign(momentum, self.momentum * momentum + gradient)
        update = gradient + self.momentum * momentum
        # Which row is which does not matter to an orthogonal update.
        update = orthogonalize(ops.reshape(update, sides), self.newton_schulz_steps)
        update = ops.reshape(update, variable.shape)
        update = self.rms * max(sides) ** 0.5 * update + self.kernel_decay * variable
        self.assign_sub(variable, ops.cast(learning_rate, variable.dtype) * update)

    def get_config(self):
        config = super().get_config()
        config.pop("amsgrad")
        return {
            **config,
            "momentum": self.momentum,
            "rms": self.rms,
            "newton_schulz_steps": self.newton_schulz_steps,
            "kernel_decay": self.kernel_decay,
        }


def orthogonalize(matrix, steps=5):
    """Brings the singular values of a matrix near 1, by Newton-Schulz.

    Args:
        matrix: `[rows, columns]`.
        steps: int.

    Returns:
        `U f(S) V^T` for the matrix' `U S V^T`, `f` being the quintic's repetition on
        `S` divided by its Frobenius norm.
    """
    tall = matrix.shape[0] > matrix.shape[1]
    x = ops.transpose(matrix) if tall else matrix
    x = x / (ops.sqrt(ops.sum(ops.square(x))) + 1e-7)
    a, b, c = _QUINTIC
    for _ in range(steps):
        square = ops.matmul(x, ops.transpose(x))
        x = a * x + ops.matmul(b * square + c * ops.matmul(square, square), x)
    return ops.transpose(x) if tall else x


def _sides(variable):
    """Rows and columns, or None for what Adam moves."""
    shape = variable.shape
    if len(shape) < 2:
        return None
    columns = shape[-1] // getattr(variable, SUB_PIXELS, 1)
    rows = math.prod(shape) // columns
    return (rows, columns) if min(rows, columns) >= _LEAST_SIDE else None
