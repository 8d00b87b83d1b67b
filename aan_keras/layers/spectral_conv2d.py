"""2-D convolution with a spectrally normalized kernel."""

import keras
import numpy as np
from keras import ops

# Power iterations run when the layer is built, as PyTorch does, so that a layer
# that was never trained has a usable sigma.
_BUILD_ITERATIONS = 15


def _values(tensor):
    """A tensor and the module that computes with it.

    That is NumPy: hundreds of small eager operations would make a deep net slow to
    build. In a graph, where a `Sequential` without `Input` is built, it is `ops`.
    """
    try:
        return ops.convert_to_numpy(tensor), np
    except (NotImplementedError, RuntimeError, TypeError):
        return ops.convert_to_tensor(tensor), ops


def _unit(vector, epsilon, xp=ops):
    return vector / xp.maximum(xp.sqrt(xp.sum(xp.square(vector))), epsilon)


def _makes_zeros(initializer):
    if isinstance(initializer, keras.initializers.Constant):
        return not np.any(initializer.value)
    return isinstance(initializer, keras.initializers.Zeros)


@keras.saving.register_keras_serializable(package="aan_keras")
class SpectralConv2D(keras.layers.Layer):
    """2-D convolution by `W / sigma(W)`: Miyato's spectral normalization.

    The stored kernel `W` is what the optimizer trains. The forward pass divides it by
    its largest singular value, estimated as `sigma = v^T M u`, where `M` is `W`
    reshaped to `[kernel_height * kernel_width * channels, filters]`. The gradient
    flows through `sigma`; the vectors `u` and `v` are constants. They are persisted,
    and refined by power iteration in each training call.

    `keras.layers.SpectralNormalization` overwrites the stored kernel instead, which is
    a different optimization problem.

    Args:
        filters: int, number of output channels.
        kernel_size: int or pair of ints.
        strides: int or pair of ints.
        padding: `"valid"` or `"same"`.
        data_format: `"channels_last"`, `"channels_first"` or None (Keras' setting).
        dilation_rate: int or pair of ints.
        groups: int, number of channel groups.
        activation: activation of the output, or None.
        use_bias: bool.
        kernel_initializer: initializer of `W`. A kernel of zeros has no direction to
            normalize and is refused.
        bias_initializer: initializer of the bias.
        kernel_regularizer: regularizer of the stored `W`.
        bias_regularizer: regularizer of the bias.
        activity_regularizer: regularizer of the output.
        kernel_constraint: constraint of the stored `W`.
        bias_constraint: constraint of the bias.
        power_iterations: int, power iterations per training call.
        epsilon: smallest norm that `u` and `v` are divided by.

    Input shape:
        `[batch, height, width, channels]`.

    Output shape:
        `[batch, new_height, new_width, filters]`.

    Example:

    >>> layer = SpectralConv2D(16, 3, padding="same", activation="relu")
    >>> layer(keras.random.normal((2, 32, 32, 8)), training=True).shape
    (2, 32, 32, 16)
    >>> plain = layer.fold()  # the same convolution as a keras.layers.Conv2D

    Reference:
        [Miyato et al., "Spectral Normalization for Generative Adversarial Networks",
        ICLR 2018](https://arxiv.org/abs/1802.05957)
    """

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        groups=1,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        power_iterations=1,
        epsilon=1e-12,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        if not isinstance(power_iterations, int) or power_iterations < 1:
            raise ValueError(
                "`power_iterations` must be a positive integer. "
                f"Received: power_iterations={power_iterations}"
            )
        if not epsilon > 0:
            raise ValueError(f"`epsilon` must be positive. Received: epsilon={epsilon}")
        if _makes_zeros(keras.initializers.get(kernel_initializer)):
            raise ValueError(
                "A kernel of zeros cannot be spectrally normalized (0 / 0); use "
                "keras.layers.Conv2D for a layer that starts at zero. "
                f"Received: kernel_initializer={kernel_initializer}"
            )
        # A Conv2D that is never built validates the arguments that they share.
        plain = keras.layers.Conv2D(
            filters,
            kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            groups=groups,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
        )
        self.filters = plain.filters
        self.kernel_size = plain.kernel_size
        self.strides = plain.strides
        self.padding = plain.padding
        self.data_format = plain.data_format
        self.dilation_rate = plain.dilation_rate
        self.groups = plain.groups
        self.activation = plain.activation
        self.use_bias = plain.use_bias
        self.kernel_initializer = plain.kernel_initializer
        self.bias_initializer = plain.bias_initializer
        self.kernel_regularizer = plain.kernel_regularizer
        self.bias_regularizer = plain.bias_regularizer
        self.kernel_constraint = plain.kernel_constraint
        self.bias_constraint = plain.bias_constraint
        self.power_iterations = power_iterations
        self.epsilon = epsilon

    def build(self, input_shape):
        channel_axis = -1 if self.data_format == "channels_last" else 1
        channels = input_shape[channel_axis]
        self.compute_output_shape(input_shape)
        if channels is None or channels % self.groups:
            raise ValueError(
                "The number of input channels must be known and divisible by "
                f"`groups`. Received: input_shape={input_shape}, groups={self.groups}"
            )
        self.input_spec = keras.layers.InputSpec(ndim=4, axes={channel_axis: channels})
        # Never autocast: sigma of a kernel rounded to bfloat16 is another number.
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*self.kernel_size, channels // self.groups, self.filters),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            autocast=False,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(self.filters,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        vector = {
            "dtype": keras.backend.result_type(self.variable_dtype, "float32"),
            "trainable": False,
            "autocast": False,
            # Each replica sees the same kernel, hence computes the same vectors.
            "aggregation": "only_first_replica",
        }
        rows = self.kernel_size[0] * self.kernel_size[1] * (channels // self.groups)
        self.u = self.add_weight(
            name="u", shape=(self.filters,), initializer=self._initial_u, **vector
        )
        self.v = self.add_weight(
            name="v", shape=(rows,), initializer=self._initial_v, **vector
        )

    def _matrix(self):
        dtype = keras.backend.result_type(self.variable_dtype, "float32")
        return ops.reshape(ops.cast(self.kernel, dtype), (-1, self.filters))

    def _initial_u(self, shape, dtype=None):
        # A fixed start: the vectors follow from the kernel alone.
        matrix, xp = _values(self._matrix())
        u = np.random.default_rng(0).normal(size=shape)
        u = u.astype(keras.backend.standardize_dtype(matrix.dtype))
        for _ in range(_BUILD_ITERATIONS):
            u = _unit(xp.matmul(xp.matmul(matrix, u), matrix), self.epsilon, xp)
        return ops.convert_to_tensor(u, dtype)

    def _initial_v(self, shape, dtype=None):
        matrix, xp = _values(self._matrix())
        v = xp.matmul(matrix, _values(self.u)[0])
        return ops.convert_to_tensor(_unit(v, self.epsilon, xp), dtype)

    def normalized_kernel(self, training=False):
        """`W / sigma(W)`.

        Args:
            training: refine `u` and `v` before, and keep them; not of a frozen layer.

        Returns:
            `[kernel_height, kernel_width, channels / groups, filters]`, float32 at
            least.
        """
        matrix = self._matrix()
        u, v = ops.stop_gradient(self.u), ops.stop_gradient(self.v)
        if training and self.trainable:
            constant = ops.stop_gradient(matrix)
            for _ in range(self.power_iterations):
                u = _unit(ops.matmul(v, constant), self.epsilon)
                v = _unit(ops.matmul(constant, u), self.epsilon)
            u, v = ops.stop_gradient(u), ops.stop_gradient(v)
            self.u.assign(u)
            self.v.assign(v)
        sigma = ops.sum(v * ops.matmul(matrix, u))
        return ops.reshape(matrix / sigma, self.kernel.shape)

    def call(self, inputs, training=None):
        channels_first = self.data_format == "channels_first"
        if channels_first:  # TensorFlow has no such convolution on CPU.
            inputs = ops.transpose(inputs, (0, 2, 3, 1))
        outputs = ops.conv(
            inputs,
            ops.cast(self.normalized_kernel(training), self.compute_dtype),
            strides=list(self.strides),
            padding=self.padding,
            data_format="channels_last",
            dilation_rate=self.dilation_rate,
        )
        if self.use_bias:
            outputs = outputs + self.bias
        if channels_first:
            outputs = ops.transpose(outputs, (0, 3, 1, 2))
        return outputs if self.activation is None else self.activation(outputs)

    def _plain_conv(self):
        config = self.get_config()
        for key in ("power_iterations", "epsilon"):
            config.pop(key)
        return keras.layers.Conv2D.from_config(config)

    def fold(self):
        """The same inference as a built `keras.layers.Conv2D`, kernel `W / sigma`.

        Returns:
            A new `keras.layers.Conv2D` with this layer's name and arguments.
        """
        if not self.built:
            raise ValueError(
                f"A layer must be built before it is folded. Received: {self.name}"
            )
        shape = [None, None, None, None]
        channel_axis = -1 if self.data_format == "channels_last" else 1
        shape[channel_axis] = self.kernel.shape[2] * self.groups
        plain = self._plain_conv()
        plain.build(tuple(shape))
        weights = [self.normalized_kernel()]
        plain.set_weights(weights + ([self.bias] if self.use_bias else []))
        return plain

    def compute_output_shape(self, input_shape):
        # Conv2D's own rule, from attributes of the same names: to make a layer for each
        # question would be a sixth of the time that a small model takes to build.
        return keras.layers.Conv2D.compute_output_shape(self, input_shape)

    def get_config(self):
        activity_regularizer = keras.regularizers.serialize(self.activity_regularizer)
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
            "groups": self.groups,
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": keras.regularizers.serialize(self.bias_regularizer),
            "activity_regularizer": activity_regularizer,
            "kernel_constraint": keras.constraints.serialize(self.kernel_constraint),
            "bias_constraint": keras.constraints.serialize(self.bias_constraint),
            "power_iterations": self.power_iterations,
            "epsilon": self.epsilon,
        }
