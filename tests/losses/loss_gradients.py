"""Gradients of a loss with respect to its arguments, on any backend."""

import keras

from tests.layers.check_layer import gradients


class _LossLayer(keras.layers.Layer):
    def __init__(self, loss):
        super().__init__(autocast=False)
        self.function = loss

    def call(self, *arguments):
        return self.function(*arguments)


def loss_gradients(loss, arguments):
    """`(value, gradients)` of `loss(*arguments)`, a scalar.

    A gradient is None, or zeros on JAX, where none flows.
    """
    layer = _LossLayer(loss)
    value = layer(*arguments)
    return value, gradients(layer, arguments, output_weight=1.0)[1]
