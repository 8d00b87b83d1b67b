"""Small ONNX files made here stand for the networks that nobody ships."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from skimage.transform import estimate_transform

from aan_keras.evaluation.onnx_network import (
    ARCFACE_POINTS,
    LPIPS,
    ArcFace,
    OnnxNetwork,
    arcface_chip,
)
from aan_keras.faces import InputError
from tests.layers.sample_face import sample_landmarks


def save(path, nodes, inputs, output):
    def value(name, shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    graph = helper.make_graph(
        nodes, "net", [value(*entry) for entry in inputs], [value(*output)]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.save(model, path)
    return path


@pytest.fixture
def mean_colour(tmp_path):
    """Stands for ArcFace: the mean of each channel; one image at a time."""
    node = helper.make_node(
        "ReduceMean", ["image"], ["vector"], axes=[2, 3], keepdims=0
    )
    inputs = [("image", [1, 3, 112, 112])]
    return save(tmp_path / "arcface.onnx", [node], inputs, ("vector", [1, 3]))


@pytest.fixture
def mean_difference(tmp_path):
    """Stands for LPIPS: the mean absolute difference."""
    nodes = [
        helper.make_node("Sub", ["a", "b"], ["c"]),
        helper.make_node("Abs", ["c"], ["d"]),
        helper.make_node("ReduceMean", ["d"], ["e"], axes=[1, 2, 3], keepdims=1),
    ]
    shape = ["n", 3, "h", "w"]
    return save(
        tmp_path / "lpips.onnx", nodes, [("a", shape), ("b", shape)], ("e", ["n"])
    )


def test_arcface_sees_aligned_chips_one_by_one(mean_colour):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (3, 128, 128, 3), dtype=np.uint8)
    landmarks = sample_landmarks(3, 128)
    found = ArcFace(mean_colour)(images, landmarks)
    for row in range(3):
        chip = arcface_chip(images[row], landmarks[row]).astype("float64")
        expected = (chip / 127.5 - 1).mean((0, 1))
        np.testing.assert_allclose(found[row], expected, atol=1e-5)


def test_chip_as_scikit_image_fits_it():
    """A gradient picture tells where each pixel of the chip comes from."""
    landmarks = sample_landmarks(1, 128)[0].astype("float64")
    y, x = np.mgrid[:128, :128]
    image = np.stack([x, y, 0 * x], -1).astype("uint8")
    five = [landmarks[36:42].mean(0), landmarks[42:48].mean(0)]
    five += [landmarks[30], landmarks[48], landmarks[54]]
    fit = estimate_transform("similarity", np.array(five), np.array(ARCFACE_POINTS))
    chip = arcface_chip(image, landmarks).astype("float64")
    for place in ((56, 60), (40, 80), (70, 50)):
        expected = fit.inverse(np.array([place], "float64"))[0]
        np.testing.assert_allclose(chip[place[1], place[0], :2], expected, atol=0.6)


def test_lpips_takes_pairs(mean_difference):
    rng = np.random.default_rng(0)
    true, pred = rng.integers(0, 256, (2, 3, 16, 16, 3), dtype=np.uint8)
    expected = np.abs(true.astype("float64") - pred).mean((1, 2, 3)) / 127.5
    np.testing.assert_allclose(LPIPS(mean_difference)(true, pred), expected, rtol=1e-5)


def test_a_file_with_other_inputs(mean_colour):
    images = np.zeros((2, 112, 112, 3), "uint8")
    with pytest.raises(InputError, match="has 1 inputs, where 2 are expected"):
        LPIPS(mean_colour)(images, images)


def test_damaged_file(tmp_path):
    path = tmp_path / "arcface.onnx"
    path.write_bytes(b"not a network")
    with pytest.raises(InputError, match=r"cannot read the network .*arcface\.onnx"):
        OnnxNetwork(path)


def test_without_onnxruntime(monkeypatch, tmp_path):
    import sys

    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(InputError, match=r"pip install 'aan_keras\[onnx\]'"):
        OnnxNetwork(tmp_path / "arcface.onnx")
