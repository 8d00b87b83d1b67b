"""One call that proves a layer is a good Keras citizen, on any backend."""

import inspect
import json
import os
import tempfile

import keras
import numpy as np
from keras import ops, tree

POLICIES = {"mixed_float16": 4e-3, "mixed_bfloat16": 4e-2}


def check_layer(
    layer_class,
    init_kwargs,
    inputs,
    expected_output_shape,
    expected_num_trainable_weights=0,
    expected_num_non_trainable_weights=0,
    *,
    tolerance=2e-6,
    mixed_output_dtype=None,
    mixed_tolerances=None,
    fixed_inputs=(),
):
    """Checks everything that holds for every layer of the library.

    Config round trip, weight counts, `compute_output_shape`, symbolic against eager
    values, `.keras` save and load, gradients, mixed precision, independence of batch
    mates at inference.

    Args:
        layer_class: the layer's class.
        init_kwargs: its arguments.
        inputs: list of positional call arguments: NumPy arrays of at least two
            different samples, or lists of such arrays.
        expected_output_shape: with the batch size of `inputs`.
        expected_num_trainable_weights: after building.
        expected_num_non_trainable_weights: after building.
        tolerance: between symbolic and eager values and between batch sizes; relative
            to the largest value, or to 1 if that is larger.
        mixed_output_dtype: output dtype under mixed policies, where that is not the
            compute dtype.
        mixed_tolerances: `{policy: relative tolerance}`, to override `POLICIES`.
        fixed_inputs: positions of call arguments without a useful gradient.

    Returns:
        The layer's output for `inputs` at inference, as NumPy.
    """
    check_config(layer_class, init_kwargs)
    layer = layer_class(**init_kwargs)
    check_output_shape(layer, inputs, expected_output_shape)
    output = as_numpy(layer(*inputs))
    assert output.shape == tuple(expected_output_shape)
    assert output.dtype == "float32"
    assert np.all(np.isfinite(output))
    assert len(layer.trainable_weights) == expected_num_trainable_weights
    assert len(layer.non_trainable_weights) == expected_num_non_trainable_weights
    check_output_shape(layer, inputs, expected_output_shape)

    # No weight is left at its initial value: a forgotten one would go unnoticed.
    run(layer, inputs, training=True)
    perturb(layer)
    output = as_numpy(layer(*inputs))
    assert np.all(np.isfinite(output))

    check_model(layer, inputs, output, tolerance)
    check_batch_independence(layer, inputs, output, tolerance)
    check_gradients(layer, inputs, fixed_inputs)
    for policy, error in {**POLICIES, **(mixed_tolerances or {})}.items():
        check_policy(layer, inputs, policy, error, mixed_output_dtype)
    return output


def check_config(layer_class, init_kwargs):
    """Every argument is in the config, and the config survives `keras.saving`."""
    layer = layer_class(**init_kwargs, name="under_test")
    config = layer.get_config()
    parameters = inspect.signature(layer_class.__init__).parameters.values()
    arguments = {
        p.name for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
    }
    assert arguments - {"self"} <= set(config), "arguments missing in get_config"
    serialized = json.loads(json.dumps(keras.saving.serialize_keras_object(layer)))
    assert serialized["registered_name"] == f"aan_keras>{layer_class.__name__}"
    revived = keras.saving.deserialize_keras_object(serialized)
    assert type(revived) is layer_class
    assert revived.get_config() == config
    assert layer_class.from_config(config).get_config() == config


def check_output_shape(layer, inputs, expected):
    """`compute_output_shape`, with the batch size known and unknown."""
    shapes = [tree.map_structure(lambda x: x.shape, argument) for argument in inputs]
    assert tuple(layer.compute_output_shape(*shapes)) == tuple(expected)
    shapes = [
        tree.map_structure(lambda x: (None, *x.shape[1:]), argument)
        for argument in inputs
    ]
    assert tuple(layer.compute_output_shape(*shapes)) == (None, *expected[1:])


def check_model(layer, inputs, output, tolerance):
    """Symbolic values equal eager ones, also after `.keras` save and load."""
    symbols = [
        tree.map_structure(lambda x: keras.Input(x.shape[1:], dtype=str(x.dtype)), a)
        for a in inputs
    ]
    result = layer(*symbols)
    assert result.shape == (None, *output.shape[1:])
    assert keras.backend.standardize_dtype(result.dtype) == output.dtype
    flat_symbols, flat_inputs = tree.flatten(symbols), tree.flatten(inputs)
    model = keras.Model(flat_symbols, result)
    assert_close(model.predict(flat_inputs, verbose=0), output, tolerance)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.keras")
        model.save(path)
        loaded = keras.saving.load_model(path)
    assert_close(loaded.predict(flat_inputs, verbose=0), output, tolerance)
    for saved, revived in zip(model.weights, loaded.weights, strict=True):
        np.testing.assert_array_equal(as_numpy(saved), as_numpy(revived))


def check_batch_independence(layer, inputs, output, tolerance):
    """At inference a sample alone gives what it gives among others."""
    assert len(output) > 1
    for i in range(len(output)):
        alone = tree.map_structure(lambda x, i=i: x[i : i + 1], list(inputs))
        assert_close(as_numpy(run(layer, alone)), output[i : i + 1], tolerance)
        if i:
            assert np.any(output[i] != output[0]), "samples of `inputs` are equal"


def check_gradients(layer, inputs, fixed_inputs=()):
    """Finite everywhere, and at inference not all zero, for weights and inputs."""
    for training in (False, True):
        if training and not takes_training(layer):
            continue
        weights, arguments = gradients(layer, inputs, training)
        names = [weight.path for weight in layer.trainable_weights]
        named = list(zip(names, weights, strict=True))
        for i, argument in enumerate(arguments):
            if i not in fixed_inputs:
                named += [(f"input {i}", g) for g in tree.flatten(argument)]
        for name, gradient in named:
            assert gradient is not None, f"no gradient for {name}"
            gradient = as_numpy(gradient)
            assert np.all(np.isfinite(gradient)), f"gradient of {name} not finite"
            # In training a bias before a normalization has none but rounding errors.
            assert training or np.any(gradient), f"gradient of {name} is zero"


def check_policy(layer, inputs, policy, tolerance, output_dtype=None):
    """Mixed precision: dtypes, values near float32, statistics in float32."""
    config = {**layer.get_config(), "dtype": policy}
    mixed = type(layer).from_config(config)
    expected = output_dtype or mixed.compute_dtype
    symbols = [
        tree.map_structure(lambda x: keras.KerasTensor(x.shape, str(x.dtype)), a)
        for a in inputs
    ]
    symbolic = mixed(*symbols)
    assert keras.backend.standardize_dtype(symbolic.dtype) == expected
    assert all(weight.dtype == "float32" for weight in mixed.weights)
    mixed.set_weights(layer.get_weights())
    for training in (False, True):
        if training and not takes_training(layer):
            continue
        result = run(mixed, inputs, training)
        assert keras.backend.standardize_dtype(result.dtype) == expected
        assert_close(
            as_numpy(result), as_numpy(run(layer, inputs, training)), tolerance
        )
        for ours, theirs in zip(mixed.weights, layer.weights, strict=True):
            assert_close(as_numpy(ours), as_numpy(theirs), tolerance)
        mixed.set_weights(layer.get_weights())


def takes_training(layer):
    return "training" in inspect.signature(layer.call).parameters


def call_arguments(layer, training):
    return {"training": training} if takes_training(layer) else {}


def run(layer, inputs, training=False):
    """Calls the layer, with `training` if it takes it."""
    return layer(*inputs, **call_arguments(layer, training))


def as_numpy(x):
    """Values of a tensor or weight; float32 where NumPy has no such type."""
    x = x.value if isinstance(x, keras.Variable) else x
    array = ops.convert_to_numpy(x)
    return array.astype("float32") if array.dtype.itemsize == 2 else array


def assert_close(actual, expected, tolerance):
    """Largest error within `tolerance` of the largest expected value (at least 1)."""
    np.testing.assert_allclose(
        actual, expected, rtol=0, atol=tolerance * max(1.0, np.abs(expected).max())
    )


def perturb(layer):
    """Moves every weight a little, and by an amount of its own."""
    rng = np.random.default_rng(3)
    for weight in layer.weights:
        value = as_numpy(weight)
        weight.assign(value + 0.05 * rng.uniform(0.5, 1.5, value.shape))


def gradients(layer, inputs, training=False, output_weight=None):
    """Gradients of `sum(output * output_weight)`.

    Args:
        layer: a built layer.
        inputs: list of positional call arguments.
        training: passed to the layer if it takes it.
        output_weight: array shaped like the output; random numbers if None.

    Returns:
        Gradients of the trainable weights (a list) and of the inputs (as `inputs`).
    """
    arguments = call_arguments(layer, training)
    if output_weight is None:
        shape = tuple(ops.shape(run(layer, inputs)))
        output_weight = np.random.default_rng(5).normal(size=shape)
    output_weight = ops.convert_to_tensor(output_weight, "float32")

    def loss(outputs):
        return ops.sum(ops.cast(outputs, "float32") * output_weight)

    backend = keras.backend.backend()
    tensors = tree.map_structure(ops.convert_to_tensor, list(inputs))
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(tree.flatten(tensors))
            value = loss(layer(*tensors, **arguments))
        variables = [weight.value for weight in layer.trainable_weights]
        return tape.gradient(value, (variables, tensors))
    if backend == "jax":
        import jax

        def stateless_loss(trainable, tensors, non_trainable):
            outputs, _ = layer.stateless_call(
                trainable, non_trainable, *tensors, **arguments
            )
            return loss(outputs)

        variables = [weight.value for weight in layer.trainable_weights]
        others = [weight.value for weight in layer.non_trainable_variables]
        gradient = jax.jit(jax.grad(stateless_loss, argnums=(0, 1)))
        return gradient(variables, tensors, others)
    layer.zero_grad()
    tensors = tree.map_structure(lambda x: x.detach().clone().requires_grad_(), tensors)
    loss(layer(*tensors, **arguments)).backward()
    return (
        [weight.value.grad for weight in layer.trainable_weights],
        tree.map_structure(lambda x: x.grad, tensors),
    )
