"""A model with everything a checkpoint must hold, small enough to build at once."""

import json

import keras
import tensorflow as tf
from keras import ops


class TinyGAN(keras.Model):
    """Two optimizers, moving statistics, dropout's seed; fed like the Reenactor."""

    image_size = 32

    def __init__(self, filters=2, **kwargs):
        super().__init__(**kwargs)
        self.body = keras.layers.Conv2D(filters, 3, padding="same")
        self.norm = keras.layers.BatchNormalization()
        self.drop = keras.layers.Dropout(0.2)
        self.head = keras.layers.Conv2D(3, 1)
        self.judge = keras.layers.Conv2D(1, 3)
        for layer, channels in [(self.body, 3), (self.judge, 3)]:
            layer.build((None, 32, 32, channels))
        for layer in (self.norm, self.head):
            layer.build((None, 32, 32, filters))
        self.built = True
        self.loss_tracker = keras.metrics.Mean(name="loss")

    def compile(self, generator_optimizer, discriminator_optimizer, *args, **kwargs):
        super().compile(optimizer=generator_optimizer)
        layers = (self.body, self.norm, self.head)
        self.generator = [v for layer in layers for v in layer.trainable_variables]
        self.optimizer.build(self.generator)
        self.discriminator_optimizer = discriminator_optimizer
        discriminator_optimizer.build(self.judges)

    @property
    def judges(self):
        return self.judge.trainable_variables

    @property
    def generator_optimizer(self):
        return self.optimizer

    @property
    def metrics(self):
        return [self.loss_tracker]

    def call(self, inputs, training=None):
        x = self.norm(self.body(inputs["source"]), training=training)
        return self.head(self.drop(x, training=training))

    def train_step(self, data):
        with tf.GradientTape(persistent=True) as tape:
            output = self(data, training=True)
            fake = ops.mean(self.judge(output))
            loss = ops.mean(ops.abs(output - data["driving"])) - 0.1 * fake
            judgement = fake - ops.mean(self.judge(data["driving"]))
        for value, optimizer, variables in [
            (loss, self.optimizer, self.generator),
            (judgement, self.discriminator_optimizer, self.judges),
        ]:
            gradients = tape.gradient(value, [v.value for v in variables])
            optimizer.apply(gradients, variables)
        return self.test_step(data, loss)

    def test_step(self, data, loss=None):
        if loss is None:
            loss = ops.mean(ops.abs(self(data, training=False) - data["driving"]))
        self.loss_tracker.update_state(loss)
        return {"loss": self.loss_tracker.result()}

    def save_to_preset(self, path):
        path.mkdir(parents=True, exist_ok=True)
        step = int(self.optimizer.iterations)
        (path / "config.json").write_text(json.dumps({"step": step}))

    def get_config(self):
        return {}


def compiled_tiny_gan(seed=0, **arguments):
    keras.utils.set_random_seed(seed)
    model = TinyGAN(**arguments)
    model.compile(keras.optimizers.Adam(1e-2), keras.optimizers.SGD(1e-2, 0.9))
    return model
