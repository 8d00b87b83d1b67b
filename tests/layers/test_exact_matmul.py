import keras
import numpy as np
import pytest
from keras import ops

from aan_keras.layers import exact_matmul as module
from aan_keras.layers.exact_matmul import exact_matmul
from aan_keras.layers.landmark_flow import LandmarkFlow
from aan_keras.layers.runtime_forms import runtime_forms
from tests.layers.check_layer import as_numpy
from tests.layers.sample_face import sample_landmarks
from tests.layers.test_landmark_flow import reference

BACKEND = keras.backend.backend()
only_on = {
    name: pytest.mark.skipif(name != BACKEND, reason=f"for {name}")
    for name in ("tensorflow", "jax", "torch")
}


def cut(x):
    """float32 as tensor cores read it in TF32: 11 bits, rounded."""
    bits = np.asarray(as_numpy(x), "float32").view("uint32")
    bits = bits + 0x0FFF + ((bits >> 13) & 1) & np.uint32(0xFFFFE000)
    return ops.convert_to_tensor(bits.astype("uint32").view("float32"))


class CutOps:
    """`keras.ops` of a GPU that computes in TF32."""

    def __getattr__(self, name):
        return getattr(ops, name)

    @staticmethod
    def matmul(a, b):
        if keras.backend.standardize_dtype(a.dtype) == "float32":
            a, b = cut(a), cut(b)
        return ops.matmul(a, b)


def factors(seed=0):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(3, 20, 30)), rng.normal(size=(3, 30, 10))
    return a.astype("float32"), b.astype("float32")


def test_is_a_matrix_product():
    a, b = factors()
    product = exact_matmul(ops.convert_to_tensor(a), ops.convert_to_tensor(b))
    assert keras.backend.standardize_dtype(product.dtype) == "float32"
    expected = a.astype("float64") @ b.astype("float64")
    np.testing.assert_allclose(as_numpy(product), expected, atol=5e-6)


@only_on["tensorflow"]
def test_on_a_gpu_in_tf32(monkeypatch):
    a, b = factors()
    expected = a.astype("float64") @ b.astype("float64")
    monkeypatch.setattr(module, "ops", CutOps())
    monkeypatch.setattr(module, "_sees_accelerator", lambda: True)
    assert np.abs(as_numpy(CutOps.matmul(a, b)) - expected).max() > 1e-3
    np.testing.assert_allclose(as_numpy(exact_matmul(a, b)), expected, atol=1e-6)


@only_on["tensorflow"]
def test_the_spline_on_a_gpu_in_tf32(monkeypatch):
    source, driving = (sample_landmarks(2, 128, seed) for seed in (1, 2))
    expected = reference(source, driving, 32, 128, 3e-4)
    layer = LandmarkFlow(32, 128)
    monkeypatch.setattr(module, "ops", CutOps())
    monkeypatch.setattr(module, "_sees_accelerator", lambda: True)
    flow = as_numpy(layer(source, driving))
    np.testing.assert_allclose(flow, expected, atol=2e-3)
    # What it was before: off by pixels.
    with runtime_forms(exact_matmul=CutOps.matmul):
        cut_flow = as_numpy(layer(source, driving))
    assert np.abs(cut_flow - expected).max() > 1.0


@only_on["tensorflow"]
def test_accelerators_are_those_that_tensorflow_sees(monkeypatch):
    import tensorflow as tf

    seen = {"GPU": [], "TPU": []}
    monkeypatch.setattr(tf.config, "list_physical_devices", seen.get)
    for kind in ("GPU", "TPU"):
        module._sees_accelerator.cache_clear()
        assert not module._sees_accelerator()
        module._sees_accelerator.cache_clear()
        seen[kind] = ["one"]
        assert module._sees_accelerator()
        seen[kind] = []
    module._sees_accelerator.cache_clear()


@only_on["jax"]
def test_jax_is_told_in_both_directions():
    import jax

    a, b = factors()

    def total(a, b):
        return exact_matmul(a, b).sum()

    program = jax.make_jaxpr(jax.value_and_grad(total, argnums=(0, 1)))(a, b)
    products = [e for e in program.eqns if e.primitive.name == "dot_general"]
    assert len(products) == 3
    highest = (jax.lax.Precision.HIGHEST,) * 2
    assert all(product.params["precision"] == highest for product in products)


@only_on["torch"]
def test_torch_does_not_cut_by_default():
    import torch

    assert torch.get_float32_matmul_precision() == "highest"


def test_a_runtime_may_have_its_own_form():
    with runtime_forms(exact_matmul=lambda a, b: (a, b)):
        assert exact_matmul(1, 2) == (1, 2)
