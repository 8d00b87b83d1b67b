"""What the exported graph refuses, and that no net sees it."""

import numpy as np
import pytest
import tensorflow as tf

from aan_keras.exporting.accepted_inputs import accepted_inputs
from tests.models.tiny import batch_of

SIGNATURES = [
    "serving_default",
    "reenact_clip",
    "reenact_jpeg",
    "reenact_clip_jpeg",
    "reenact_clip_jpeg_motion",
    "encode_source",
    "drive",
]
CALLS = 10


@pytest.fixture(scope="module")
def loaded(light):
    return tf.saved_model.load(str(light[1]))


@pytest.fixture(scope="module")
def inputs(loaded, request_arrays):
    """By signature: what it takes, three rows."""
    source = {name: request_arrays[name] for name in ("source", "source_landmarks")}
    files = [tf.io.encode_png(image).numpy() for image in source["source"]]
    files = {**request_arrays, "source_bytes": np.array(files, object)}
    del files["source"]
    other = batch_of(3, seed=5)["driving_landmarks"]
    clip = np.stack([request_arrays["driving_landmarks"], other], 1)
    code = loaded.signatures["encode_source"](**constants(source))
    code = {name: value.numpy() for name, value in code.items()}
    return {
        "serving_default": request_arrays,
        "reenact_clip": {**request_arrays, "driving_landmarks": clip},
        "reenact_jpeg": files,
        "reenact_clip_jpeg": {**files, "driving_landmarks": clip},
        "reenact_clip_jpeg_motion": {**files, "driving_landmarks": clip},
        "encode_source": source,
        "drive": {**code, "driving_landmarks": request_arrays["driving_landmarks"]},
    }


def constants(arrays):
    return {name: tf.constant(value) for name, value in arrays.items()}


def with_a_hole(landmarks):
    landmarks = landmarks.copy()
    landmarks[-1, ..., 3, 0] = np.nan
    return landmarks


def faults(inputs):
    """`(changes, message)` for whatever can be wrong with each input alone."""
    yield {name: value[:0] for name, value in inputs.items()}, "at least one"
    for name, value in inputs.items():
        yield {name: value[:2]}, "same number of rows"
        yield {name: value[:0]}, "same number of rows"
        if name.endswith("_landmarks"):
            message = f"`{name}` must be finite"
            yield {name: with_a_hole(value)}, message
            yield {name: value * np.float32(1e30)}, message


@pytest.mark.parametrize("signature", SIGNATURES)
def test_every_input_is_refused_by_our_own_message(signature, loaded, inputs):
    inputs, function = inputs[signature], loaded.signatures[signature]
    assert set(inputs) == set(function.structured_input_signature[1])
    outputs = function(**constants(inputs))
    assert all(output.shape[0] == 3 for output in outputs.values())
    for changes, message in faults(inputs):
        changed = constants({**inputs, **changes})
        for _ in range(CALLS):  # A race is lost seldom.
            with pytest.raises(tf.errors.InvalidArgumentError, match=message):
                function(**changed)


@pytest.mark.parametrize("signature", SIGNATURES)
def test_no_value_goes_anywhere_before_all_checks(signature, loaded):
    """In the graph itself: what a refused request computes is left to no race."""
    function = function_called(loaded.signatures[signature])
    nodes = {node.name: node for node in function.node_def}
    names = set(loaded.signatures[signature].structured_input_signature[1])
    assert names <= {argument.name for argument in function.signature.input_arg}
    gates, reached, fresh = set(), set(), set(names)
    while fresh:
        new = {node.name for node in nodes.values() if data_inputs(node) & fresh}
        gates |= {name for name in new if is_gate(nodes[name])}
        fresh = new - gates - reached
        reached |= fresh
    assert len(gates) == len(names)
    kinds = {nodes[name].op for name in reached}
    assert "Assert" in kinds
    assert not {kind for kind in kinds if "Call" in kind or "While" in kind}
    assert not reached & {value.partition(":")[0] for value in function.ret.values()}
    checks = {name for name in reached if nodes[name].op == "Assert"}
    landmarks = sum(name.endswith("_landmarks") for name in names)
    assert len(checks) == 1 + landmarks + ("clip" in signature)
    for gate in gates:
        assert checks <= ancestors(gate, nodes)


def function_called(signature):
    """The definition of what a loaded signature wraps."""
    graph = signature.graph.as_graph_def()
    (call,) = (node for node in graph.node if "PartitionedCall" in node.op)
    library = {entry.signature.name: entry for entry in graph.library.function}
    return library[call.attr["f"].func.name]


def data_inputs(node):
    return {name.partition(":")[0] for name in node.input if name[0] != "^"}


def is_gate(node):
    return node.op == "Identity" and any(name[0] == "^" for name in node.input)


def ancestors(name, nodes):
    found, fresh = set(), {name}
    while fresh:
        inputs = {i for n in fresh if n in nodes for i in nodes[n].input}
        fresh = {i.lstrip("^").partition(":")[0] for i in inputs} - found
        found |= fresh
    return found


def accept(**inputs):
    """`accepted_inputs` of 64 px as a graph that takes any shape, on `inputs`."""
    specs = {
        "source": tf.TensorSpec((None, 4), tf.float32),
        "driving_landmarks": tf.TensorSpec((None, None, 68, 2), tf.float32),
    }

    @tf.function(autograph=False)
    def function(**tensors):
        for name, spec in specs.items():
            tensors[name].set_shape(spec.shape)
        return accepted_inputs(64, **tensors)

    function = function.get_concrete_function(
        **{name: tf.TensorSpec(None, tf.float32) for name in specs}
    )
    return function(**{name: tf.constant(x, "float32") for name, x in inputs.items()})


def test_accepted_inputs_are_unchanged():
    source = np.arange(8.0).reshape(2, 4)
    landmarks = np.full((2, 3, 68, 2), -1024.0)
    found = accept(source=source, driving_landmarks=landmarks)
    np.testing.assert_array_equal(found["source"], source)
    np.testing.assert_array_equal(found["driving_landmarks"], landmarks)


def test_of_several_faults_the_first_in_order_is_named():
    nan = np.full((2, 3, 68, 2), np.nan)
    for source, landmarks, message in (
        (np.zeros((2, 5)), nan[:1], "5"),
        (np.zeros((2, 4)), nan[:1], "same number of rows"),
        (np.zeros((0, 4)), nan[:0], "at least one"),
        (np.zeros((2, 4)), nan[:, :0], "1 to 174762 frames"),
        (np.zeros((2, 4)), nan, "must be finite, at most 1024 pixels"),
    ):
        for _ in range(CALLS):
            with pytest.raises(tf.errors.InvalidArgumentError, match=message):
                accept(source=source, driving_landmarks=landmarks)
