"""How a Reenactor is compiled and trained."""

import keras
from keras import ops

from aan_keras.losses.gan_warmup import GANWarmup
from aan_keras.losses.reenactment_loss import ReenactmentLoss
from aan_keras.models.multi_scale_discriminator import MultiScaleDiscriminator
from aan_keras.models.optimizer_step import optimizer_step
from aan_keras.models.reenactor_averages import ReenactorAverages
from aan_keras.models.replica_mean import ReplicaMean
from aan_keras.models.train_function import TrainFunction
from aan_keras.models.training_batch import training_batch


class ReenactorTraining(ReenactorAverages):
    """`compile`, `train_step` and `test_step` of the `Reenactor`.

    Generator and discriminators learn from one generator pass a step: the tape is read
    twice, once for each side's variables, so the fake is never computed again.
    """

    loss_fn = None

    def compile(
        self,
        generator_optimizer=None,
        discriminator_optimizer=None,
        losses=None,
        ema_decay=0.999,
        clip_norm=None,
        accumulate=1,
        gan_warmup=None,
        jit_compile=False,
        **kwargs,
    ):
        """Configures training; the defaults are the paper's (Eqs. 5-9).

        Args:
            generator_optimizer: Adam at 2e-5 if None.
            discriminator_optimizer: Adam at 1e-5 if None; unused without a GAN loss.
            losses: a `ReenactmentLoss`; the paper's weights if None. Compiled again, a
                model keeps its discriminators where the width is the same.
            ema_decay: of the generator's moving average that inference uses; it warms
                up as (1 + step) / (10 + step). None trains without one. Compiled again,
                a model keeps the averages that it has. So load weights into sub-nets
                before: later ones show only as training moves the averages to them,
                those of frozen nets never.
            clip_norm: largest norm of all gradients of one side, or None. Under
                `tf.distribute` an optimizer's own clipping is refused: it would clip
                each replica's share.
            accumulate: work off the batch of each replica in this many equal parts.
                Memory holds one part at a time; the step is that of the whole batch
                (batch statistics are of a part).
            gan_warmup: `GANWarmup`; the GAN loss counts from the first step if None.
            jit_compile: compile the step with XLA.
            **kwargs: `run_eagerly`, `steps_per_execution`, `auto_scale_loss`.

        Raises:
            ValueError: another backend than TensorFlow, or an argument that can't be.
            TypeError: `optimizer`, `loss`, `metrics` or others of `keras.Model`.
        """
        _check_compile(kwargs)
        if accumulate < 1:
            raise ValueError(
                f"`accumulate` must be positive. Received: accumulate={accumulate}"
            )
        if losses is None:
            losses = ReenactmentLoss()
        if generator_optimizer is None:
            generator_optimizer = keras.optimizers.Adam(2e-5, beta_1=0.5)
        if discriminator_optimizer is None:
            discriminator_optimizer = keras.optimizers.Adam(1e-5, beta_1=0.5)
        generator_optimizer = keras.optimizers.get(generator_optimizer)
        discriminator_optimizer = keras.optimizers.get(discriminator_optimizer)
        replicas = self.distribute_strategy.num_replicas_in_sync
        for optimizer in (generator_optimizer, discriminator_optimizer):
            clips = ("clipnorm", "clipvalue", "global_clipnorm")
            if replicas > 1 and any(getattr(optimizer, c, None) for c in clips):
                raise ValueError(
                    "On several devices gradients are clipped by `clip_norm`, not by "
                    f"the optimizer. Received: {optimizer.get_config()}"
                )
        # As `optimizer`, Keras wraps it in a loss scaler under mixed_float16.
        super().compile(
            optimizer=generator_optimizer, jit_compile=jit_compile, **kwargs
        )
        self.loss_fn = losses
        self.ema_decay = ema_decay
        self.clip_norm = clip_norm
        self.accumulate = accumulate
        self.gan_warmup = gan_warmup or GANWarmup()
        if ema_decay is None:
            self.averages = []
        elif not self.averages:
            self._make_averages()
        self.generator_variables = self._generator_variables()
        self.optimizer.build(self.generator_variables)
        self.discriminator_optimizer = None
        if losses.gan_weight:
            self._compile_discriminators(discriminator_optimizer)
        norms = ["gradient_norm", "d_gradient_norm"][: 1 + bool(losses.gan_weight)]
        names = [n for n in losses.names if n != "local" or self.local_net is not None]
        self.loss_trackers = {name: ReplicaMean(name=name) for name in [*names, *norms]}

    def _compile_discriminators(self, optimizer):
        self.landmark_discriminator = self._discriminator(
            "landmark_discriminator", self.flow_estimator.num_landmarks
        )
        self.identity_discriminator = self._discriminator("identity_discriminator", 3)
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

    def _discriminator(self, name, channels):
        """The discriminator that there is, if it fits the losses, or a new one."""
        width, policy = self.loss_fn.discriminator_width, self.dtype_policy
        old = getattr(self, name, None)
        if old is not None:
            if old.width == width and old.dtype_policy == policy:
                return old
            # Keras would go on counting and saving its weights.
            for part in (old, *old.weights):
                self._tracker.untrack(part)
        return MultiScaleDiscriminator(channels, width, dtype=policy, name=name)

    @property
    def generator_state(self):
        """Spectral vectors and moving statistics."""
        return [v for net in self.generator_nets for v in net.non_trainable_variables]

    @property
    def generator_optimizer(self):
        return self.optimizer

    @property
    def metrics(self):
        return list(self.loss_trackers.values()) if self.compiled else []

    @property
    def judging(self):
        """Whether the discriminators take part in the next step."""
        first = self.gan_warmup.first_step
        waits = first and self.optimizer.iterations.numpy() < first
        return bool(self.loss_fn.gan_weight) and not waits

    def make_train_function(self, force=False):
        if self.train_function is None or force:
            self.train_function = TrainFunction(self)

    def train_step(self, data, judging=None):
        inputs = training_batch(data)
        judging = self.judging if judging is None else judging
        values, gradients, d_gradients = self.compute_gradients(inputs, judging)
        return {
            **self.track(values),
            **self.apply_gradients(gradients, d_gradients),
        }

    def compute_gradients(self, inputs, judging):
        """Losses of a batch, and the gradients of both sides.

        Args:
            inputs: training batch of one replica.
            judging: whether the discriminators take part.

        Returns:
            dict of losses; the generator's and the discriminators' gradients, of their
            losses divided by the number of replicas and scaled (None without
            discriminators).
        """
        import tensorflow as tf

        # `apply_gradients` sums over replicas.
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        with tf.GradientTape(persistent=True) as tape:
            outputs = self.generate(inputs, training=True)
            fake = None
            if judging:
                real = self._judge(inputs, inputs["driving"])
                # Nor may they ask for a background that can't be guessed.
                image = self.loss_fn.known(inputs, outputs["image"])
                fake = self._judge(inputs, image)
            share = self.gan_warmup(self.optimizer.iterations)
            values = self.loss_fn.generator(inputs, outputs, fake, share)
            scaled = self.optimizer.scale_loss(values["loss"] / replicas)
            if judging:
                values["d_loss"] = self.loss_fn.discriminator(real, fake)
                d_scaled = self.discriminator_optimizer.scale_loss(
                    values["d_loss"] / replicas
                )
        gradients = tape.gradient(scaled, [v.value for v in self.generator_variables])
        d_gradients = None
        if judging:
            d_gradients = tape.gradient(
                d_scaled, [v.value for v in self.discriminator_variables]
            )
        del tape
        return values, gradients, d_gradients

    def apply_gradients(self, gradients, d_gradients):
        """Moves both sides and the averages by the gradients of `compute_gradients`.

        Returns:
            dict of the gradients' norms before clipping, averaged since the last reset.
        """
        sides = {"gradient_norm": (self.optimizer, gradients, self.generator_variables)}
        if d_gradients is not None:
            sides["d_gradient_norm"] = (
                self.discriminator_optimizer,
                d_gradients,
                self.discriminator_variables,
            )
        for name, side in sides.items():
            norm = optimizer_step(*side, self.clip_norm)
            weight = None
            if isinstance(side[0], keras.optimizers.LossScaleOptimizer):
                # It leaves out steps that overflow, and lowers its scale: no step, no
                # norm. `TrainingLog` and `LossGuard` look at the scale.
                weight = ops.cast(ops.isfinite(norm), "float32")
                norm = ops.where(ops.isfinite(norm), norm, 0.0)
            self.loss_trackers[name].update_state(norm, sample_weight=weight)
        self._update_averages()
        return {name: self.loss_trackers[name].result() for name in sides}

    def test_step(self, data):
        inputs = training_batch(data)
        with self.inference_weights():
            outputs = self.generate(inputs, training=False)
        return self.track(self.loss_fn.generator(inputs, outputs, None))

    def _judge(self, inputs, image):
        """Logits of both discriminators for an image: `(DL's, DI's)`."""
        heatmaps = self.heatmaps(inputs["driving_landmarks"])
        source = ops.cast(inputs["source"], self.compute_dtype)
        image = ops.cast(image, self.compute_dtype)
        return (
            self.landmark_discriminator(image, heatmaps, training=True),
            self.identity_discriminator(image, source, training=True),
        )

    def track(self, values):
        """Adds losses to their means since the last reset; returns the means."""
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
            "clip_norm": self.clip_norm,
            "accumulate": self.accumulate,
            "gan_warmup": serialize(self.gan_warmup),
            "jit_compile": self.jit_compile,
        }

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))


def _check_compile(kwargs):
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            "`Reenactor.compile` needs Keras' TensorFlow backend: set "
            "KERAS_BACKEND=tensorflow. JAX trains by `aan-keras train --engine jax`, "
            "and loads files of compiled models with `compile=False`. "
            f"Received: {keras.backend.backend()}"
        )
    known = ("run_eagerly", "steps_per_execution", "auto_scale_loss")
    unknown = sorted(set(kwargs) - set(known))
    if unknown:
        raise TypeError(
            "`Reenactor.compile` takes `generator_optimizer`, "
            "`discriminator_optimizer` and `losses`, a `ReenactmentLoss`, and of "
            f"Keras' own {', '.join(known)}. "
            f"Received: {', '.join(unknown)}"
        )
