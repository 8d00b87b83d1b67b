"""The training step of a `Reenactor` as one function of JAX."""

import jax
import jax.numpy as jnp
import keras

from aan_keras.models.multi_scale_discriminator import MultiScaleDiscriminator
from aan_keras.training.make_optimizers import generator_optimizer


class JaxStep:
    """What `ReenactorTraining.train_step` does, compiled as a whole by XLA.

    The state is a dict of lists of arrays, which `step` takes and gives back: the
    weights, spectral vectors and moving averages of the generator, the weights of the
    discriminators, and the states of both optimizers.

    Args:
        reenactor: `Reenactor`; its weights are where the training starts.
        losses: `ReenactmentLoss`.
        ema_decay: of the generator's moving average, see `Reenactor.compile`.
        clip_norm: largest norm of all gradients of one side, or None.
        optimizer: see `train`.
        beta_1, beta_2: of Adam, both sides'.
    """

    def __init__(
        self,
        reenactor,
        losses,
        ema_decay=0.999,
        clip_norm=None,
        optimizer="adam",
        beta_1=0.5,
        beta_2=0.999,
    ):
        self.reenactor = reenactor
        self.losses = losses
        self.ema_decay = ema_decay
        self.clip_norm = clip_norm
        nets = reenactor.generator_nets
        self.variables = {
            "generator": [v for net in nets for v in net.trainable_variables],
            "fixed": [v for net in nets for v in net.non_trainable_variables],
        }
        kinds = {"generator": generator_optimizer(optimizer)}
        self.discriminators = ()
        if losses.gan_weight:
            width, policy = losses.discriminator_width, reenactor.dtype_policy
            landmarks = reenactor.flow_estimator.num_landmarks
            self.discriminators = (
                MultiScaleDiscriminator(
                    landmarks, width, dtype=policy, name="landmark_discriminator"
                ),
                MultiScaleDiscriminator(
                    3, width, dtype=policy, name="identity_discriminator"
                ),
            )
            both = self.discriminators
            self.variables["discriminator"] = [
                v for net in both for v in net.trainable_variables
            ]
            self.variables["discriminator_fixed"] = [
                v for net in both for v in net.non_trainable_variables
            ]
            kinds["discriminator"] = keras.optimizers.Adam
        self.optimizers = {}
        for side, kind in kinds.items():
            optimizer = kind(1e-3, beta_1=beta_1, beta_2=beta_2)
            optimizer.build(self.variables[side])
            self.optimizers[side] = optimizer
        self._compiled = {}
        self._generate = jax.jit(self._generate_with_averages)

    def initial_state(self):
        """The state before the first step."""
        state = {name: _values(group) for name, group in self.variables.items()}
        state["average"] = [value.astype("float32") for value in state["generator"]]
        for side, optimizer in self.optimizers.items():
            state[f"{side}_optimizer"] = _values(optimizer.variables)
        # Copies: a step gives the memory of its argument away.
        return jax.tree.map(jnp.array, state)

    def assign(self, state):
        """Gives the generator's averages back to the `Reenactor`."""
        for variable, value in zip(self.variables["generator"], state["average"]):
            variable.assign(value)
        for variable, value in zip(self.variables["fixed"], state["fixed"]):
            variable.assign(value)

    def compile(self, state, batch, judging):
        """Compiles the step with or without discriminators ahead of its first use."""
        step = jax.jit(self._step, static_argnums=5, donate_argnums=0)
        scalar = jax.ShapeDtypeStruct((), "float32")
        lowered = step.lower(state, batch, scalar, scalar, scalar, judging)
        self._compiled[judging] = lowered.compile()

    def step(self, state, batch, rates, gan_share=1.0, judging=False):
        """One step.

        Args:
            state: the state; its arrays can't be used any more.
            batch: dict of arrays, see `load_dataset`.
            rates: learning rates of generator and discriminators.
            gan_share: factor of the GAN weight, see `GANWarmup`.
            judging: whether the discriminators take part.

        Returns:
            The next state, and a dict of losses and gradient norms (arrays that need
            not be there yet).
        """
        if judging not in self._compiled:
            self.compile(state, batch, judging)
        scalars = [jnp.float32(x) for x in (*rates, gan_share)]
        return self._compiled[judging](state, batch, *scalars)

    def generate(self, state, inputs):
        """Images `[B, S, S, 3]` for the model's input dict, by the moving averages."""
        return self._generate(state["average"], state["fixed"], inputs)

    def _generate_with_averages(self, average, fixed, inputs):
        mapping = [
            *zip(self.variables["generator"], average),
            *zip(self.variables["fixed"], fixed),
        ]
        with keras.StatelessScope(state_mapping=mapping):
            return self.reenactor.generate(inputs, training=False)["image"]

    def _step(self, state, batch, rate, d_rate, gan_share, judging):
        sides = ["generator"] + ["discriminator"] * judging
        learned = {side: state[side] for side in sides}
        gradients, (values, fixed) = jax.grad(self._loss, has_aux=True)(
            learned, state, batch, gan_share
        )
        state = {**state, **fixed}
        for side, side_rate in zip(sides, (rate, d_rate)):
            norm = jnp.sqrt(sum(jnp.sum(g * g) for g in gradients[side]))
            name = "gradient_norm" if side == "generator" else "d_gradient_norm"
            values[name] = norm
            grads = gradients[side]
            if self.clip_norm is not None:
                factor = self.clip_norm / jnp.maximum(norm, self.clip_norm)
                grads = [g * factor for g in grads]
            optimizer = self.optimizers[side]
            slots = list(state[f"{side}_optimizer"])
            index = [v is optimizer._learning_rate for v in optimizer.variables]
            slots[index.index(True)] = side_rate
            state[side], state[f"{side}_optimizer"] = optimizer.stateless_apply(
                slots, grads, state[side]
            )
        done = state["generator_optimizer"][0].astype("float32")
        decay = jnp.minimum(self.ema_decay, (1.0 + done) / (10.0 + done))
        state["average"] = [
            average + (1.0 - decay) * (value.astype("float32") - average)
            for average, value in zip(state["average"], state["generator"])
        ]
        return state, values

    def _loss(self, learned, state, batch, gan_share):
        batch = {name: value.astype("float32") for name, value in batch.items()}
        judging = "discriminator" in learned
        mapping = []
        for name, group in self.variables.items():
            mapping += zip(group, learned.get(name, state[name]))
        with keras.StatelessScope(state_mapping=mapping) as scope:
            outputs = self.reenactor.generate(batch, training=True)
            fixed = {
                name: [scope.get_current_value(v) for v in self.variables[name]]
                for name in ("fixed",)
            }
            fake = None
            if judging:
                # The generator's gradient must not reach the discriminators.
                frozen = list(
                    zip(
                        self.variables["discriminator"],
                        map(jax.lax.stop_gradient, learned["discriminator"]),
                    )
                )
                with keras.StatelessScope(state_mapping=[*mapping, *frozen]):
                    image = self.losses.known(batch, outputs["image"])
                    fake = self._judge(batch, image)
            values = self.losses.generator(batch, outputs, fake, gan_share)
            total = values["loss"]
            if judging:
                image = jax.lax.stop_gradient(image)
                real = self._judge(batch, batch["driving"])
                values["d_loss"] = self.losses.discriminator(
                    real, self._judge(batch, image)
                )
                total = total + values["d_loss"]
                name = "discriminator_fixed"
                fixed[name] = [scope.get_current_value(v) for v in self.variables[name]]
        return total, (values, fixed)

    def _judge(self, batch, image):
        heatmaps = self.reenactor.heatmaps(batch["driving_landmarks"])
        by_landmarks, by_source = self.discriminators
        policy = self.reenactor.compute_dtype
        image, source = image.astype(policy), batch["source"].astype(policy)
        return (
            by_landmarks(image, heatmaps, training=True),
            by_source(image, source, training=True),
        )


def _values(variables):
    return [variable.value for variable in variables]
