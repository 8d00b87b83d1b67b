import keras
import numpy as np
import pytest
from keras import ops

from aan_keras.layers.leaky_relu import leaky_relu

SLOPES = (0.0, 0.1, 0.2, 1.0, 1.5, -0.5)


@pytest.mark.parametrize("slope", SLOPES)
def test_values(slope):
    x = np.linspace(-3, 3, 13).astype("float32")
    expected = np.where(x > 0, x, slope * x.astype("float64"))
    np.testing.assert_allclose(leaky_relu(ops.convert_to_tensor(x), slope), expected)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_dtype_is_kept(dtype):
    x = ops.ones((2, 3), dtype)
    assert keras.backend.standardize_dtype(leaky_relu(x, 0.1).dtype) == dtype


@pytest.mark.parametrize("slope", SLOPES)
def test_sum_with_a_convolution_in_a_compiled_model(slope):
    """Where TensorFlow's own merging of the operations takes any slope for 0.2."""
    x, y = keras.Input((6, 5, 4)), keras.Input((6, 5, 4))
    conv = keras.layers.Conv2D(4, 3, padding="same", bias_initializer="normal")
    model = keras.Model([x, y], leaky_relu(y + conv(x), slope))
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=(2, 6, 5, 4)).astype("float32") for _ in range(2)]
    summed = inputs[1] + ops.convert_to_numpy(conv(inputs[0]))
    expected = np.where(summed > 0, summed, slope * summed)
    np.testing.assert_allclose(model.predict(inputs, verbose=0), expected, atol=1e-5)
