"""The helper that judges all layers catches each fault that it is there for."""

import keras
import numpy as np
import pytest
from keras import ops

from tests.layers.check_layer import check_layer

FEATURES = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
register = keras.saving.register_keras_serializable(package="aan_keras")


@register
class Sound(keras.layers.Layer):
    """Scales features; each fault below is one change to it."""

    def __init__(self, factor=2.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones")

    def call(self, inputs):
        return self.factor * inputs * self.scale

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


@register
class ForgetsAnArgument(Sound):
    def get_config(self):
        return keras.layers.Layer.get_config(self)


class IsNotRegistered(Sound):
    pass


@register
class AnnouncesAnotherShape(Sound):
    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 7)


@register
class DependsOnBatchMates(Sound):
    def call(self, inputs):
        return super().call(inputs) - ops.mean(inputs, axis=0, keepdims=True)


@register
class HasNanGradients(Sound):
    def call(self, inputs):
        return super().call(inputs) + ops.sqrt(ops.abs(inputs - inputs))


@register
class CutsTheGradient(Sound):
    def call(self, inputs):
        return self.factor * inputs * ops.stop_gradient(self.scale)


@register
class DoesNotSaveItsWeight(Sound):
    def save_own_variables(self, store):
        pass

    def load_own_variables(self, store):
        pass


@register
class IgnoresThePolicy(Sound):
    def call(self, inputs):
        return ops.cast(super().call(inputs), "float32")


@register
class LosesPrecision(Sound):
    def call(self, inputs):
        # 1000 + x in half precision leaves hardly a digit of x.
        return super().call(inputs + 1000.0) - self.factor * self.scale * 1000.0


@register
class DependsOnEagerness(Sound):
    def call(self, inputs):
        import tensorflow as tf

        return super().call(inputs) + (0.0 if tf.executing_eagerly() else 1.0)


FAULTS = [
    (ForgetsAnArgument, "arguments missing"),
    (IsNotRegistered, "IsNotRegistered"),
    (AnnouncesAnotherShape, "7"),
    (DependsOnBatchMates, "Not equal to tolerance"),
    (HasNanGradients, "not finite"),
    (CutsTheGradient, "no gradient|is zero"),
    (DoesNotSaveItsWeight, "Not equal"),
    (IgnoresThePolicy, "float32.*float16|float16.*float32"),
    (LosesPrecision, "Not equal to tolerance"),
]


def test_a_sound_layer_passes():
    check_layer(Sound, {"factor": 3.0}, [FEATURES], (2, 3, 4), 1)


@pytest.mark.parametrize("layer_class, message", FAULTS)
def test_fault_is_found(layer_class, message):
    with pytest.raises(AssertionError, match=message):
        check_layer(layer_class, {}, [FEATURES], (2, 3, 4), 1)


@pytest.mark.requires_tensorflow
def test_difference_of_symbolic_and_eager_is_found():
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        check_layer(DependsOnEagerness, {}, [FEATURES], (2, 3, 4), 1)


@pytest.mark.parametrize(
    "arguments",
    [{"expected_num_trainable_weights": 2}, {"expected_output_shape": (2, 3)}],
)
def test_wrong_expectations_fail(arguments):
    expected = {"expected_output_shape": (2, 3, 4), "expected_num_trainable_weights": 1}
    with pytest.raises(AssertionError):
        check_layer(Sound, {}, [FEATURES], **{**expected, **arguments})
