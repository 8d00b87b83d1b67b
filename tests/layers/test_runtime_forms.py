import numpy as np
import pytest
from keras import ops

from aan_keras.layers import PixelShuffle
from aan_keras.layers.runtime_forms import form_of, runtime_forms
from tests.layers.check_layer import as_numpy


def double(x):
    return 2 * x


def test_only_inside_of_the_scope():
    assert form_of(double) is double
    with runtime_forms(double=abs, other=max):
        assert form_of(double) is abs
        with runtime_forms(double=min):
            assert form_of(double) is min
        assert form_of(double) is abs
    assert form_of(double) is double


def test_left_by_an_error():
    with pytest.raises(KeyError), runtime_forms(double=abs):
        raise KeyError
    assert form_of(double) is double


def test_a_layer_takes_the_form():
    def numbered(inputs, scale):
        assert inputs.shape == (1, 2, 2, 4) and scale == 2
        return ops.reshape(ops.arange(16.0), (1, 4, 4, 1))

    layer, inputs = PixelShuffle(2), np.ones((1, 2, 2, 4), "float32")
    with runtime_forms(depth_to_space=numbered):
        found = as_numpy(layer(inputs))
    np.testing.assert_array_equal(found.ravel(), np.arange(16))
    np.testing.assert_array_equal(as_numpy(layer(inputs)), np.ones((1, 4, 4, 1)))
