import keras
import numpy as np
import pytest

from aan_keras.layers import FusionBlock, UpBlock
from aan_keras.layers.pixel_shuffle import SUB_PIXELS, mark_sub_pixels
from aan_keras.training import ConstantThenDecay, ConvMuon


def quintic(values, steps=5):
    for _ in range(steps):
        values = 3.4445 * values - 4.775 * values**3 + 2.0315 * values**5
    return values


def orthogonalized(matrix):
    """By singular values, in float64."""
    left, values, right = np.linalg.svd(matrix.astype("float64"), full_matrices=False)
    return left @ np.diag(quintic(values / np.linalg.norm(values))) @ right


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def after_steps(optimizer, start, gradients):
    variables = [keras.Variable(value) for value in start]
    for step in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(g) for g in step], variables)
    return [keras.ops.convert_to_numpy(v) for v in variables]


@pytest.mark.parametrize(
    "shape", [(3, 3, 16, 64), (1, 1, 64, 256), (3, 3, 9, 12), (40, 24)]
)
def test_kernels_move_by_the_orthogonalized_momentum(shape):
    start, gradients = numbers(*shape), [numbers(*shape, seed=i) for i in (1, 2, 3)]
    optimizer = ConvMuon(0.01, kernel_decay=3.0)
    (found,) = after_steps(optimizer, [start], [[g] for g in gradients])
    matrix, momentum = [np.reshape(x, (-1, shape[-1])) for x in (start, 0 * start)]
    matrix = matrix.astype("float64")
    for gradient in gradients:
        gradient = gradient.reshape(matrix.shape).astype("float64")
        momentum = 0.95 * momentum + gradient
        update = orthogonalized(gradient + 0.95 * momentum)
        update = 0.2 * max(matrix.shape) ** 0.5 * update
        matrix = (1 - 0.01 * 3.0) * matrix - 0.01 * update
    np.testing.assert_allclose(found.reshape(matrix.shape), matrix, atol=2e-6)


@pytest.mark.parametrize("shape", [(3, 3, 16, 64), (1, 1, 12, 64)])
def test_neighbouring_pixels_of_a_shuffle_are_rows_of_one_matrix(shape):
    start, gradient = numbers(*shape), numbers(*shape, seed=1)
    variable = keras.Variable(start)
    mark_sub_pixels(variable, 2)
    ConvMuon(0.01, momentum=0.0, kernel_decay=0.0).apply(
        [keras.ops.convert_to_tensor(gradient)], [variable]
    )
    # By the pixels that the shuffle makes: [..., channels, dy, dx, c].
    pixels = gradient.reshape(*shape[:-1], 2, 2, -1)
    matrix = np.concatenate(
        [pixels[..., y, x, :].reshape(-1, 16) for y in (0, 1) for x in (0, 1)]
    )
    update = 0.01 * 0.2 * len(matrix) ** 0.5 * orthogonalized(matrix)
    for i, part in enumerate(np.split(update, 4)):
        found = keras.ops.convert_to_numpy(variable).reshape(*shape[:-1], 2, 2, -1)
        found = (start.reshape(found.shape) - found)[..., i // 2, i % 2, :]
        np.testing.assert_allclose(found.reshape(part.shape), part, atol=2e-6)


@pytest.mark.parametrize("spectral_norm", [False, True])
def test_the_model_marks_what_comes_before_its_shuffles(spectral_norm):
    up = UpBlock(16, spectral_norm)
    up.build((2, 8, 8, 32), (2, 16, 16, 16))
    fusion, last = (
        FusionBlock(16, scale=scale, spectral_norm=spectral_norm) for scale in (2, 1)
    )
    for block in (fusion, last):
        block.build((2, 8, 8, 16), (2, 16, 16, 3), (2, 8, 8, 16), (2, 8, 8, 16))
    marks = [
        (up.expand, 4),
        (up.join, 1),
        (fusion.conv_1, 1),
        (fusion.conv_2, 4),
        (fusion.shortcut, 4),
        (last.conv_2, 1),
    ]
    assert [getattr(layer.kernel, SUB_PIXELS, 1) for layer, _ in marks] == [
        mark for _, mark in marks
    ]


@pytest.mark.parametrize(
    "shape", [(7,), (), (3, 3, 16, 3), (1, 1, 4, 32), (3, 3, 8, 1)]
)
def test_what_is_no_matrix_is_adams(shape):
    start, gradients = numbers(*shape), [numbers(*shape, seed=i) for i in (1, 2, 3)]
    options = {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.9}
    (found,), (expected,) = (
        after_steps(kind(**options), [start], [[g] for g in gradients])
        for kind in (ConvMuon, keras.optimizers.Adam)
    )
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("decay", [0.0, 0.7])
def test_matrices_move_as_with_the_optimizer_of_keras(decay):
    if not hasattr(keras.optimizers, "Muon"):
        pytest.skip("Keras before 3.11 has none")
    start = [numbers(24, 40), numbers(40, 24), numbers(24)]
    gradients = [[numbers(*x.shape, seed=i) for x in start] for i in (1, 2, 3)]
    theirs = keras.optimizers.Muon(
        0.01, adam_beta_2=0.99, weight_decay=decay, adam_weight_decay=None
    )
    expected = after_steps(theirs, start, gradients)
    found = after_steps(ConvMuon(0.01, kernel_decay=decay), start, gradients)
    for ours, their in zip(found, expected):
        np.testing.assert_allclose(ours, their, atol=1e-6)


def test_an_update_is_as_large_as_adams_and_has_no_preferred_direction():
    start, flat = np.zeros((3, 3, 32, 64), "float32"), np.zeros(64, "float32")
    # All but one direction of the gradient are weak.
    gradient = 1e-3 * numbers(288, 64, seed=1)
    gradient += np.outer(numbers(288, seed=2), numbers(64, seed=3))
    steps = [[gradient.reshape(start.shape), flat + 1]]
    kernel, bias = after_steps(ConvMuon(0.01), [start, flat], steps)
    values = np.linalg.svd(kernel.reshape(288, 64), compute_uv=False)
    given = np.linalg.svd(gradient, compute_uv=False)
    assert given[0] / given[30] > 1000 and values[0] / values[30] < 15
    assert np.abs(bias).max() == pytest.approx(0.01, rel=1e-4)
    many = numbers(3, 3, 32, 64, seed=4)
    kernel, _ = after_steps(ConvMuon(0.01), [start, flat], [[many, flat]])
    assert np.sqrt(np.mean(kernel**2)) == pytest.approx(0.2 * 0.01, rel=0.2)


def test_only_what_adam_moves_has_squares_of_gradients():
    optimizer = ConvMuon()
    optimizer.build([keras.Variable(numbers(3, 3, 8, 8)), keras.Variable(numbers(8))])
    names = [v.path.rsplit("/", 1)[-1] for v in optimizer.variables]
    assert sum("momentum" in name for name in names) == 2
    assert sum("velocity" in name for name in names) == 1


def test_config_comes_back():
    optimizer = ConvMuon(
        ConstantThenDecay(2e-3, 100, 10, 0.5),
        momentum=0.9,
        rms=0.3,
        kernel_decay=0.2,
        beta_1=0.8,
    )
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert type(again) is ConvMuon and again.get_config() == optimizer.get_config()
    assert (again.momentum, again.rms, again.beta_1) == (0.9, 0.3, 0.8)
    assert again.kernel_decay == 0.2


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="momentum=1"):
        ConvMuon(momentum=1)
    with pytest.raises(ValueError, match="must not be negative. Received: -0.1"):
        ConvMuon(kernel_decay=-0.1)
    with pytest.raises(ValueError, match="amsgrad"):
        ConvMuon(amsgrad=True)


def test_xla_compiles_it_to_the_same_step():
    tf = pytest.importorskip("tensorflow")
    start, gradients = numbers(3, 3, 16, 32), [numbers(3, 3, 16, 32, seed=1)] * 2
    (expected,) = after_steps(ConvMuon(0.01), [start], [[g] for g in gradients])
    kernel, optimizer = keras.Variable(start), ConvMuon(0.01)
    optimizer.build([kernel])
    step = tf.function(lambda g: optimizer.apply([g], [kernel]), jit_compile=True)
    for gradient in gradients:
        step(tf.constant(gradient))
    np.testing.assert_allclose(kernel.numpy(), expected, atol=1e-6)
