"""Multiply-accumulates of each sub-net, split into once a photo and once a frame.

Example: python benchmarks/macs.py --image-size 256 --recipe small
"""

import argparse
import math
import re

import tensorflow as tf
from model_arguments import add_model_arguments, build_model, model_context
from report import report

# Parts of a sub-net that appear in the graph under a name of their own.
SUBNETS = {"source_stem": "flow_estimator", "hourglass": "flow_estimator"}


def operation_macs(operation):
    """Multiply-accumulates of one graph operation; 0 unless it is a product."""
    output = operation.outputs[0].shape if operation.outputs else ()
    if operation.type in ("Conv2D", "DepthwiseConv2dNative"):
        if operation.get_attr("data_format") != b"NHWC":
            raise ValueError(f"Convolutions must be NHWC. Received: {operation.name}")
        kernel = operation.inputs[1].shape
        # Of a depthwise kernel [h, w, channels, multiplier] each output reads one
        # channel; of a full one [h, w, channels, filters] all of them.
        depthwise = operation.type == "DepthwiseConv2dNative"
        reads = math.prod(kernel[:2]) if depthwise else math.prod(kernel[:3])
        return math.prod(output) * reads
    if operation.type == "MatMul":
        transposed = operation.get_attr("transpose_a")
        return math.prod(output) * operation.inputs[0].shape[-2 if transposed else -1]
    if operation.type in ("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"):
        transposed = operation.get_attr("adj_x")
        return math.prod(output) * operation.inputs[0].shape[-2 if transposed else -1]
    if re.search("Conv|MatMul|Einsum|While|Partitioned", operation.type):
        raise ValueError(f"No count for this operation. Received: {operation.type}")
    return 0


def count_macs(concrete_function):
    """Multiply-accumulates by sub-net, from the shapes of a traced graph.

    Args:
        concrete_function: traced with full shapes.

    Returns:
        dict from the outermost layer's name to its count.
    """
    counts = {}
    for operation in concrete_function.graph.get_operations():
        count = operation_macs(operation)
        if count:
            scope = re.sub(r"_\d+$", "", operation.name.partition("/")[0])
            name = SUBNETS.get(scope, scope)
            counts[name] = counts.get(name, 0) + count
    return counts


def trace_model(model):
    """Concrete functions of `encode_source` and `drive` for one photo."""
    size = model.image_size
    image = tf.TensorSpec((1, size, size, 3))
    landmarks = tf.TensorSpec((1, 68, 2))
    encode = tf.function(model.encode_source).get_concrete_function(image, landmarks)
    code = {
        name: tf.TensorSpec(value.shape, value.dtype)
        for name, value in encode.structured_outputs.items()
    }
    return encode, tf.function(model.drive).get_concrete_function(code, landmarks)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_model_arguments(parser)
    arguments = parser.parse_args()
    model = build_model(arguments)
    encode, drive = (count_macs(function) for function in trace_model(model))
    names = dict.fromkeys([*encode, *drive])
    rows = [
        {
            "sub-net": name,
            "photo GMAC": encode.get(name, 0) / 1e9,
            "frame GMAC": drive.get(name, 0) / 1e9,
        }
        for name in names
    ]
    rows.append(
        {
            "sub-net": "total",
            "photo GMAC": sum(encode.values()) / 1e9,
            "frame GMAC": sum(drive.values()) / 1e9,
        }
    )
    millions = sum(net.count_params() for net in model.generator_nets) / 1e6
    context = model_context(arguments, model)
    report(
        f"macs_{model.image_size}px",
        rows,
        **context,
        **{"parameters M": round(millions, 2)},
    )


if __name__ == "__main__":
    main()
