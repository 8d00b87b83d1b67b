import pathlib

import numpy as np
import pytest
from scipy import ndimage

from aan_keras.layers.flow_warp import FlowWarp, resize_flow
from tests.layers import float64_reference
from tests.layers.check_layer import as_numpy, check_layer, gradients

REFERENCE = pathlib.Path(__file__).parents[1] / "references" / "flow_warp.npz"
MODES = {"border": "nearest", "zeros": "grid-constant"}


def tensors(flow_size=(6, 8), seed=0):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(2, 6, 8, 3))
    flow = 2.0 * rng.normal(size=(2, *flow_size, 2))
    return [x.astype("float32") for x in (features, flow)]


@pytest.mark.parametrize("padding", MODES)
@pytest.mark.parametrize("flow_size", [(6, 8), (3, 4), (12, 10)])
def test_layer(padding, flow_size):
    inputs = tensors(flow_size)
    check_layer(FlowWarp, {"padding": padding}, inputs, (2, 6, 8, 3))


@pytest.mark.parametrize("padding", MODES)
@pytest.mark.parametrize("grid", ["same", "coarse", "fine"])
def test_outputs_and_gradients_equal_pytorch(grid, padding):
    reference = np.load(REFERENCE)
    inputs = [reference[f"{grid}/features"], reference[f"{grid}/flow"]]
    layer = FlowWarp(padding)
    expected = {
        key: reference[f"{grid}/{padding}/{key}"]
        for key in ("out", "features_gradient", "flow_gradient")
    }
    outputs = as_numpy(layer(*inputs))
    np.testing.assert_allclose(outputs, expected["out"], atol=2e-5)
    weight = reference[f"{grid}/weight"]
    _, (features, flow) = gradients(layer, inputs, output_weight=weight)
    np.testing.assert_allclose(
        as_numpy(features), expected["features_gradient"], atol=5e-5
    )
    np.testing.assert_allclose(as_numpy(flow), expected["flow_gradient"], atol=5e-5)


@pytest.mark.parametrize("padding", MODES)
@pytest.mark.parametrize("flow_size", [(6, 8), (3, 4), (12, 10)])
def test_equals_scipy(flow_size, padding):
    features, flow = tensors(flow_size, seed=1)
    scale = np.array([8 / flow_size[1], 6 / flow_size[0]])
    displacement = float64_reference.resize_bilinear(flow, 6, 8) * scale
    y, x = np.mgrid[:6, :8]
    expected = np.zeros((2, 6, 8, 3))
    for b, c in np.ndindex(2, 3):
        expected[b, :, :, c] = ndimage.map_coordinates(
            features[b, :, :, c].astype("float64"),
            [y + displacement[b, ..., 1], x + displacement[b, ..., 0]],
            order=1,
            mode=MODES[padding],
        )
    outputs = as_numpy(FlowWarp(padding)(features, flow))
    np.testing.assert_allclose(outputs, expected, atol=1e-5)


def test_direction_and_units():
    # out(p) = in(p + flow(p)), flow = (dx, dy) in pixels: a flow of (2, 1) shows what
    # lies 2 to the right and 1 below.
    features, flow = tensors()
    flow[:] = [2.0, 1.0]
    outputs = as_numpy(FlowWarp("zeros")(features, flow))
    np.testing.assert_array_equal(outputs[:, :5, :6], features[:, 1:, 2:])
    np.testing.assert_array_equal(outputs[:, 5], 0)
    np.testing.assert_array_equal(outputs[:, :, 6:], 0)
    # One pixel of a grid half as fine is two of the features'.
    coarse = np.zeros((2, 3, 4, 2), "float32")
    coarse[:] = [1.0, 0.5]
    np.testing.assert_array_equal(
        as_numpy(FlowWarp("zeros")(features, coarse)), outputs
    )


def test_a_zero_flow_changes_nothing():
    features, flow = tensors((3, 5))
    for padding in MODES:
        outputs = as_numpy(FlowWarp(padding)(features, np.zeros_like(flow)))
        np.testing.assert_array_equal(outputs, features)


def test_resize_flow_keeps_its_own_grid():
    _, flow = tensors()
    np.testing.assert_array_equal(as_numpy(resize_flow(flow, 6, 8)), flow)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_positions_stay_float32_in_mixed_precision(policy):
    # Rounded to half precision, a flow of 260.1 is 260, and so is column 260.1.
    columns = np.arange(512) % 2.0
    features = columns.reshape(1, 1, 512, 1).astype("float32")
    flow = np.full((1, 1, 512, 2), [260.1, 0.0], "float32")
    outputs = as_numpy(FlowWarp(dtype=policy)(features, flow))[0, 0, :250, 0]
    np.testing.assert_allclose(outputs, np.tile([0.1, 0.9], 125), atol=5e-3)


def test_bad_padding():
    with pytest.raises(ValueError, match="`padding`.*Received: padding=reflect"):
        FlowWarp("reflect")


@pytest.mark.parametrize(
    "shapes",
    [((2, 6, 8), (2, 6, 8, 2)), ((2, 6, 8, 3), (2, 6, 8, 3)), ((2, 6, 8, 3), (2, 2))],
)
def test_bad_inputs(shapes):
    with pytest.raises(ValueError, match="Received: features shape"):
        FlowWarp()(*(np.zeros(shape, "float32") for shape in shapes))


@pytest.mark.parametrize("padding", MODES)
def test_output_of_another_size_equals_scipy(padding):
    features, flow = tensors((4, 4), seed=3)
    layer = FlowWarp(padding, size=5)
    check_layer(
        FlowWarp, {"padding": padding, "size": 5}, [features, flow], (2, 5, 5, 3)
    )
    displacement = float64_reference.resize_bilinear(flow, 5, 5) * 5 / 4
    y, x = np.mgrid[:5, :5]
    rows = (y + displacement[..., 1] + 0.5) * 6 / 5 - 0.5
    columns = (x + displacement[..., 0] + 0.5) * 8 / 5 - 0.5
    expected = np.zeros((2, 5, 5, 3))
    for b, c in np.ndindex(2, 3):
        expected[b, :, :, c] = ndimage.map_coordinates(
            features[b, :, :, c].astype("float64"),
            [rows[b], columns[b]],
            order=1,
            mode=MODES[padding],
        )
    np.testing.assert_allclose(as_numpy(layer(features, flow)), expected, atol=1e-5)
