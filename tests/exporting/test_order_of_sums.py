"""Sums of exported graphs are rounded alike in every call.

TensorFlow's optimizer makes one operation, AddN, of a + b + c. It adds into the first
input that nobody else waits for, which depends on what has run already where an input
is read by others too; and what runs first changes when TensorFlow has measured an
operation some ninety times.
"""

from tensorflow.core.protobuf import config_pb2
from tensorflow.python.framework import meta_graph
from tensorflow.python.grappler import tf_optimizer

from aan_keras.exporting.inference_model import inference_model
from aan_keras.exporting.trace_frames import trace_frames


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


def test_optimized_sums(reenactor):
    encode, drive, _ = trace_frames(inference_model(reenactor), only_read=False)
    for function in (encode, drive):
        assert not sums_in_any_order(optimized(function))
