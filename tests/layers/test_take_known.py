import numpy as np
import pytest
from keras import ops

from aan_keras.layers.take_known import take_known
from tests.layers.check_layer import as_numpy


@pytest.mark.parametrize("shape", [(3,), (2, 4, 5)])
@pytest.mark.parametrize("axis", [0, 1])
def test_equals_numpy(shape, axis):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(6, 7, 3)).astype("float32")
    index = rng.integers(0, x.shape[axis], size=shape).astype("int32")
    index.flat[:2] = 0, x.shape[axis] - 1
    expected = np.take(x, index, axis=axis)
    x = ops.convert_to_tensor(x)
    for indices in (ops.convert_to_tensor(index), index):
        np.testing.assert_array_equal(as_numpy(take_known(x, indices, axis)), expected)


def test_takes_a_tuple():
    x = ops.convert_to_tensor(np.arange(12.0, dtype="float32").reshape(3, 4))
    np.testing.assert_array_equal(
        as_numpy(take_known(x, (3, 0), axis=1)), [[3, 0], [7, 4], [11, 8]]
    )
