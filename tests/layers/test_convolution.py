import keras
import pytest

from aan_keras.layers.convolution import convolution
from aan_keras.layers.spectral_conv2d import SpectralConv2D


@pytest.mark.parametrize(
    "spectral_norm, layer_class", [(True, SpectralConv2D), (False, keras.layers.Conv2D)]
)
def test_choice(spectral_norm, layer_class):
    layer = convolution(8, 5, spectral_norm, strides=2, use_bias=False, name="here")
    assert type(layer) is layer_class
    assert (layer.filters, layer.kernel_size, layer.strides) == (8, (5, 5), (2, 2))
    assert (layer.padding, layer.use_bias, layer.name) == ("same", False, "here")
    assert layer.compute_output_shape((None, 9, 8, 3)) == (None, 5, 4, 8)
    assert isinstance(layer.kernel_initializer, keras.initializers.HeNormal)


def test_initializer_can_be_chosen():
    layer = convolution(8, 3, kernel_initializer="orthogonal")
    assert isinstance(layer.kernel_initializer, keras.initializers.Orthogonal)
