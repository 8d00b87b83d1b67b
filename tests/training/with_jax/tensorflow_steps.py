"""The steps of `step_setup` by `Reenactor.train_step` on TensorFlow: INPUT OUTPUT.

INPUT holds the generator's weights; OUTPUT gets losses, weights and averages.
"""

import sys

import keras
import numpy as np

from aan_keras.training.conv_muon import ConvMuon
from tests.training.with_jax import step_setup

assert keras.backend.backend() == "tensorflow"
reenactor, losses = step_setup.make_model()
variables = [v for net in reenactor.generator_nets for v in net.weights]
with np.load(sys.argv[1]) as arrays:
    for index, variable in enumerate(variables):
        variable.assign(arrays[f"w{index}"])
    batches = [
        {name: arrays[f"{name}{i}"] for name in arrays["names"]} for i in range(2)
    ]
kinds = (ConvMuon, keras.optimizers.Adam)
optimizers = [k(r, **step_setup.BETAS) for k, r in zip(kinds, step_setup.RATES)]
reenactor.compile(*optimizers, losses, run_eagerly=True, **step_setup.OPTIONS)
step_setup.set_numbers(reenactor.discriminator_variables, seed=5)
reenactor.gan_warmup = lambda step: step_setup.GAN_SHARE
results = {}
for i, batch in enumerate(batches):
    # The next step's values alone.
    reenactor.reset_metrics()
    batch = {name: keras.ops.convert_to_tensor(v) for name, v in batch.items()}
    values = reenactor.train_step(batch, judging=True)
    results.update({f"{name}{i}": float(value) for name, value in values.items()})
groups = {
    "generator": reenactor.generator_variables,
    "discriminator": reenactor.discriminator_variables,
    "average": reenactor.averages,
}
for group, members in groups.items():
    for index, variable in enumerate(members):
        results[f"{group}/{index}"] = np.asarray(variable)
np.savez(sys.argv[2], **results)
