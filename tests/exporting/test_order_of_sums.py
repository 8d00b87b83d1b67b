"""Sums of exported graphs are rounded alike in every call.

TensorFlow's optimizer makes one operation, AddN, of a + b + c. It adds into the first
input that nobody else waits for, which depends on what has run already where an input
is read by others too; and what runs first changes when TensorFlow has measured an
operation some ninety times.
"""

import tensorflow as tf
from tensorflow.core.protobuf import config_pb2
from tensorflow.python.framework import meta_graph
from tensorflow.python.grappler import tf_optimizer

from tests.exporting.test_saved_model import clip_of, run


def optimized(function):
    """What TensorFlow runs of a concrete function."""
    with function.graph.as_default():
        definition = meta_graph.create_meta_graph_def(graph=function.graph)
    outputs = definition.collection_def["train_op"].node_list
    outputs.value.extend(tensor.name for tensor in function.graph.outputs)
    return tf_optimizer.OptimizeGraph(config_pb2.ConfigProto(), definition)


def sums_in_any_order(graph):
    """Names of AddN with an input that others read."""
    found, count = [], 0
    for nodes in graph.node, *(f.node_def for f in graph.library.function):
        read = [tensor for node in nodes for tensor in node.input]
        sums = [node for node in nodes if node.op == "AddN" and len(node.input) > 2]
        count += len(sums)
        found += [n.name for n in sums if any(read.count(i) > 1 for i in n.input)]
    assert count, "the optimizer no longer makes AddN, or has another name for it"
    return found


def test_optimized_sums(loaded):
    for name in ("encode_source", "drive"):
        assert not sums_in_any_order(optimized(loaded.signatures[name]))


def test_frames_from_call_to_call(loaded, shrinking):
    clip = clip_of(shrinking, 4)
    png = [tf.io.encode_png(image).numpy() for image in clip.pop("source")]
    first = None
    for _ in range(10):
        answer = run(loaded, "reenact_clip_jpeg_motion", source_bytes=png, **clip)
        answer = {name: value.numpy().tolist() for name, value in answer.items()}
        first = first or answer
        assert answer == first
