"""What TensorFlow adds to our own words."""

import re

import tensorflow as tf

_NOTICES = (
    r"E0000 .* meta_optimizer\.cc:\d+\] remapper failed: .*\n",
    r"I0000 .* mlir_graph_optimization_pass\.cc:\d+\] .* is not enabled\n",
    r"W0000 .* op_level_cost_estimator\.cc:\d+\] Error in PredictCost\(\) .*\n",
    r"WARNING: All log messages before absl::InitializeLog\(\) is called .*\n",
)


def without_notices(stderr):
    """What is on stderr, but for lines of TensorFlow 2.18's that no level silences.

    Its graph optimizers say there that they left a graph as it was, or could not tell
    what an operation costs.
    """
    if tf.__version__.startswith("2.18."):
        return re.sub("|".join(_NOTICES), "", stderr)
    return stderr
