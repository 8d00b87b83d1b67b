"""A model server may have a GPU that cuts float32 products to 11 bits."""

import pytest
import tensorflow as tf

from aan_keras import Reenactor
from aan_keras.exporting.inference_model import inference_model
from aan_keras.exporting.serving_module import ServingModule


def nodes(function):
    """All nodes of a concrete function and of those that it calls."""
    definition = function.graph.as_graph_def()
    for graph in (definition.node, *(f.node_def for f in definition.library.function)):
        yield from graph


@pytest.fixture
def products(tmp_path):
    """Type of each matrix product in a frame's graph, by its name."""
    metadata = tmp_path / "metadata.json"
    metadata.write_text("{}")
    reenactor = Reenactor(
        image_size=64, width=4, heatmap_size=32, flow_prior="layered", openings=True
    )
    module = ServingModule(inference_model(reenactor), metadata)
    function = module.signatures()["serving_default"]
    return {
        node.name: tf.as_dtype(node.attr["T"].type)
        for node in nodes(function)
        if node.op in ("MatMul", "BatchMatMulV2")
    }


def test_geometry_of_a_saved_model_is_float64(products):
    single = [name for name, dtype in products.items() if dtype != tf.float64]
    # Displacements, which are added to places: 11 bits of them are enough.
    assert single and all(name.startswith("flow_warp") for name in single)
    assert len(products) - len(single) > 40
