"""One step after another on one and on two devices, in a process of its own: OUTPUT.

Logical devices must be made before TensorFlow starts. Writes the largest differences
as JSON.
"""

import json
import sys

import keras
import numpy as np
import tensorflow as tf

from aan_keras.losses import ReenactmentLoss
from aan_keras.models.optimizer_step import optimizer_step
from aan_keras.training import ConvMuon
from tests.models.tiny import batch_of, shake, tiny_reenactor

(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(
    cpu, [tf.config.LogicalDeviceConfiguration()] * 2
)
STEPS = 3
batches = [batch_of(4, driving=True, seed=seed) for seed in range(STEPS)]


def features():
    """A perceptual network of one layer: its loss must count as on one device."""
    keras.utils.set_random_seed(4)
    image = keras.Input((None, None, 3))
    return keras.Model(image, keras.layers.Conv2D(4, 3, activation="relu")(image))


def trained(strategy, gan_weight, **arguments):
    """A tiny Reenactor after three steps of `fit`, discriminators from the first."""
    keras.utils.set_random_seed(5)
    with strategy.scope():
        model = tiny_reenactor(
            num_fusion_blocks=1,
            num_residual_blocks=0,
            local_net=False,
            statistics="instance",
        )
        shake(model)
        # A flow of nearly nothing ends on either side of a pixel's centre, as rounding
        # has it, and its gradient is another one there.
        head = model.flow_estimator.hourglass.get_layer("flow")
        head.gain.assign([3.0, 3.0])
        loss = ReenactmentLoss(
            gan_weight=gan_weight, perceptual=features(), discriminator_width=4
        )
        model.compile(
            keras.optimizers.SGD(1e-2),
            keras.optimizers.Adam(1e-3, epsilon=1e-2),
            loss,
            **arguments,
        )
    columns = {name: np.stack([b[name] for b in batches]) for name in batches[0]}
    dataset = tf.data.Dataset.from_tensor_slices(columns)
    # Its tuner sleeps, and an iterator over two devices ends no sooner than the tuner:
    # up to a minute after each `fit`.
    options = tf.data.Options()
    options.autotune.enabled = False
    dataset = dataset.with_options(options)
    history = model.fit(dataset, steps_per_epoch=STEPS, shuffle=False, verbose=0)
    return model, {name: values[-1] for name, values in history.history.items()}


def state(model):
    judges = getattr(model, "discriminator_variables", [])
    return {
        "weights": [*model.generator_variables, *judges],
        "averages": model.averages,
        "spectral": model.generator_state,
    }


def difference(first, second):
    """Largest difference by kind, of weights and reported values."""
    (a, a_logs), (b, b_logs) = first, second
    assert a_logs.keys() == b_logs.keys()
    result = {
        kind: max(
            float(np.abs(np.asarray(x.value) - np.asarray(y.value)).max())
            for x, y in zip(state(a)[kind], state(b)[kind])
        )
        for kind in state(a)
    }
    result["logs"] = max(abs(a_logs[n] - b_logs[n]) / abs(b_logs[n]) for n in b_logs)
    return result


def replicas_differ(model):
    variables = [v for kind in state(model).values() for v in kind]
    for optimizer in filter(None, [model.optimizer, model.discriminator_optimizer]):
        variables += optimizer.variables
    copies = [v.value.values for v in variables]
    assert all(len(pair) == 2 for pair in copies)
    return max(float(np.abs(x.numpy() - y.numpy()).max()) for x, y in copies)


def overflow_on_the_second(strategy):
    """Weights and loss scale by replica, after a step and one that overflows."""
    with strategy.scope():
        weights = keras.Variable(np.ones(3, "float32"))
        optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1), 64.0)
        optimizer.build([weights])

    def step(x):
        with tf.GradientTape() as tape:
            loss = optimizer.scale_loss(tf.reduce_sum(weights.value * x) / 2)
        gradients = tape.gradient(loss, [weights.value])
        return optimizer_step(optimizer, gradients, [weights], clip_norm=1.0)

    rows = np.array([[1, 2, 3], [3, 4, 5], [1, 1, 1], [np.inf, 1, 1]], "float32")
    dataset = tf.data.Dataset.from_tensor_slices(rows).batch(2)
    run = tf.function(lambda x: strategy.run(step, args=(x,)), autograph=False)
    for x in strategy.experimental_distribute_dataset(dataset):
        run(x)
    values = weights.value.values, optimizer.dynamic_scale.value.values
    return [[copy.numpy().tolist() for copy in copies] for copies in values]


def muon_kernel(strategy):
    """Copies of a kernel after two steps of `ConvMuon`, whose gradients are rows."""
    rng = np.random.default_rng(6)
    rows = rng.normal(size=(4, 3, 3, 8, 12)).astype("float32")
    with strategy.scope():
        kernel = keras.Variable(np.ones((3, 3, 8, 12), "float32"))
        optimizer = ConvMuon(0.01)
        optimizer.build([kernel])

    def step(batch):
        return optimizer_step(optimizer, [tf.reduce_sum(batch, 0)], [kernel])

    dataset = tf.data.Dataset.from_tensor_slices(rows).batch(2)
    run = tf.function(lambda x: strategy.run(step, args=(x,)), autograph=False)
    for batch in strategy.experimental_distribute_dataset(dataset):
        run(batch)
    return [copy.numpy() for copy in strategy.experimental_local_results(kernel.value)]


one = tf.distribute.get_strategy()
two = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
# All at once: two devices take half a minute to trace, and twice that if discriminators
# join later. Without GAN and accumulation two processes are tested.
arguments = {"gan_weight": 0.5, "clip_norm": 0.5}
reference = trained(one, **arguments, run_eagerly=True)
mirrored = trained(two, **arguments, accumulate=2)
results = {
    "differences": difference(mirrored, reference),
    "muon": [
        float(np.abs(copy - muon_kernel(one)[0]).max()) for copy in muon_kernel(two)
    ],
    "overflow": overflow_on_the_second(two),
    "replicas": replicas_differ(mirrored[0]),
}
with open(sys.argv[1], "w") as file:
    json.dump(results, file)
