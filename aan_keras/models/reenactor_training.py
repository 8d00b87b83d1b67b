"""How a Reenactor is compiled and trained."""

import keras
from keras import ops

from aan_keras.losses.reenactment_loss import ReenactmentLoss
from aan_keras.models.multi_scale_discriminator import MultiScaleDiscriminator


class ReenactorTraining:
    """`compile`, `train_step` and `test_step` of the `Reenactor`.

    Generator and discriminators learn from one generator pass a step: the tape is read
    twice, once for each side's variables, so the fake is never computed again.
    """

    averages = ()
    loss_fn = None

    def compile(
        self,
        generator_optimizer=None,
        discriminator_optimizer=None,
        losses=None,
        ema_decay=0.999,
        jit_compile=False,
        **kwargs,
    ):
        """Configures training; the defaults are the paper's (Eqs. 5-9).

        Args:
            generator_optimizer: Adam at 2e-5 if None.
            discriminator_optimizer: Adam at 1e-5 if None; unused without a GAN loss.
            losses: a `ReenactmentLoss`; the paper's weights if None.
            ema_decay: of the generator's moving average that inference uses; it warms
                up as (1 + step) / (10 + step). None trains without one.
            jit_compile: compile the step with XLA.
            **kwargs: `run_eagerly`, `steps_per_execution`, `auto_scale_loss`.
        """
        if losses is None:
            losses = ReenactmentLoss()
        if generator_optimizer is None:
            generator_optimizer = keras.optimizers.Adam(2e-5, beta_1=0.5)
        # As `optimizer`, Keras wraps it in a loss scaler under mixed_float16.
        super().compile(
            optimizer=generator_optimizer, jit_compile=jit_compile, **kwargs
        )
        self.loss_fn = losses
        self.ema_decay = ema_decay
        self.generator_variables = [
            v for net in self.generator_nets for v in net.trainable_variables
        ]
        self.optimizer.build(self.generator_variables)
        self.averages = []
        if ema_decay is not None:
            self.averages = [
                self._average_of(v, i) for i, v in enumerate(self.generator_variables)
            ]
        self.discriminator_optimizer = None
        if losses.gan_weight:
            self._compile_discriminators(discriminator_optimizer)
        self.loss_trackers = {
            name: keras.metrics.Mean(name=name) for name in losses.names
        }

    def _average_of(self, variable, index):
        average = self.add_weight(
            name=f"average_{index}",
            shape=variable.shape,
            initializer="zeros",
            dtype="float32",
            trainable=False,
            aggregation="only_first_replica",
        )
        average.assign(variable)
        return average

    def _compile_discriminators(self, optimizer):
        if optimizer is None:
            optimizer = keras.optimizers.Adam(1e-5, beta_1=0.5)
        policy = self.dtype_policy
        width = self.loss_fn.discriminator_width
        landmarks = self.flow_estimator.num_landmarks
        self.landmark_discriminator = MultiScaleDiscriminator(
            landmarks, width, dtype=policy, name="landmark_discriminator"
        )
        self.identity_discriminator = MultiScaleDiscriminator(
            3, width, dtype=policy, name="identity_discriminator"
        )
        # Keras scales the loss of `self.optimizer` only (under mixed_float16).
        scaler = keras.optimizers.LossScaleOptimizer
        if isinstance(self.optimizer, scaler) and not isinstance(optimizer, scaler):
            optimizer = scaler(optimizer)
        self.discriminator_variables = [
            *self.landmark_discriminator.trainable_variables,
            *self.identity_discriminator.trainable_variables,
        ]
        optimizer.build(self.discriminator_variables)
        self.discriminator_optimizer = optimizer

    @property
    def generator_optimizer(self):
        return self.optimizer

    @property
    def metrics(self):
        return list(self.loss_trackers.values()) if self.compiled else []

    def train_step(self, data):
        import tensorflow as tf

        # `train_on_batch` wraps its batch in a tuple.
        inputs, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        # optimizer.apply sums gradients over replicas.
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        with tf.GradientTape(persistent=True) as tape:
            outputs = self.generate(inputs, training=True)
            fake = real = None
            if self.loss_fn.gan_weight:
                real = self._judge(inputs, inputs["driving"])
                fake = self._judge(inputs, outputs["image"])
            values = self.loss_fn.generator(inputs, outputs, fake)
            scaled = self.optimizer.scale_loss(values["loss"] / replicas)
            if fake is not None:
                values["d_loss"] = self.loss_fn.discriminator(real, fake)
                d_scaled = self.discriminator_optimizer.scale_loss(
                    values["d_loss"] / replicas
                )
        gradients = tape.gradient(scaled, [v.value for v in self.generator_variables])
        self.optimizer.apply(gradients, self.generator_variables)
        if fake is not None:
            gradients = tape.gradient(
                d_scaled, [v.value for v in self.discriminator_variables]
            )
            self.discriminator_optimizer.apply(gradients, self.discriminator_variables)
        del tape
        self._update_averages()
        return self._track(values)

    def test_step(self, data):
        inputs, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        with self.inference_weights():
            outputs = self.generate(inputs, training=False)
        return self._track(self.loss_fn.generator(inputs, outputs, None))

    def _judge(self, inputs, image):
        """Logits of both discriminators for an image: `(DL's, DI's)`."""
        heatmaps = self.heatmaps(inputs["driving_landmarks"])
        source = ops.cast(inputs["source"], self.compute_dtype)
        image = ops.cast(image, self.compute_dtype)
        return (
            self.landmark_discriminator(image, heatmaps, training=True),
            self.identity_discriminator(image, source, training=True),
        )

    def _update_averages(self):
        if not self.averages:
            return
        step = ops.cast(self.optimizer.iterations, "float32")
        decay = ops.minimum(self.ema_decay, (1.0 + step) / (10.0 + step))
        for variable, average in zip(self.generator_variables, self.averages):
            target = ops.cast(variable.value, "float32")
            average.assign(average.value + (1.0 - decay) * (target - average.value))

    def _track(self, values):
        for name, value in values.items():
            self.loss_trackers[name].update_state(value)
        return {name: self.loss_trackers[name].result() for name in values}

    def get_compile_config(self):
        if not self.compiled:
            return None
        serialize = keras.saving.serialize_keras_object
        return {
            "generator_optimizer": serialize(self.optimizer),
            "discriminator_optimizer": serialize(self.discriminator_optimizer),
            "losses": serialize(self.loss_fn),
            "ema_decay": self.ema_decay,
            "jit_compile": self.jit_compile,
        }

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))
