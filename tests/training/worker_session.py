"""One worker's session, in a process of its own: DATA OUTPUT KILL_AT FINAL_WEIGHTS.

Alone without TF_CONFIG. Ends with the worker's weights in a file.
"""

import os
import signal
import sys

import keras
import numpy as np

from aan_keras.losses import ReenactmentLoss
from aan_keras.models.reenactor import Reenactor
from aan_keras.training import make_strategy, train
from aan_keras.training.step_callback import StepCallback


class KillAt(StepCallback):
    def on_step(self, step, logs):
        os.kill(os.getpid(), signal.SIGKILL)


data, output, kill_at, final_weights = sys.argv[1:]
strategy = make_strategy()
keras.utils.set_random_seed(3)
with strategy.scope():
    reenactor = Reenactor(
        image_size=64,
        width=4,
        heatmap_size=32,
        num_fusion_blocks=1,
        num_residual_blocks=0,
        statistics="instance",
        local_net=False,
    )
    # A large epsilon: Adam makes whole steps of rounding errors, where biases before
    # an instance norm have no gradient. The GAN is tested with two devices.
    reenactor.compile(
        keras.optimizers.Adam(1e-3, epsilon=1e-3),
        losses=ReenactmentLoss(gan_weight=0.0, perceptual=None),
        clip_norm=1.0,
    )
try:
    train(
        reenactor,
        data,
        output,
        steps=4,
        batch_size=2,
        validation=["cora"],
        log_every=1,
        checkpoint_every=2,
        images_every=2,
        validate_every=2,
        validation_steps=2,
        verbose=0,
        callbacks=[KillAt(int(kill_at))],
    )
except ConnectionError as error:
    print(f"lost: {error}")
    sys.stdout.flush()
    os._exit(1)  # TensorFlow would wait for the other worker.
variables = [*reenactor.variables, *reenactor.optimizer.variables]
np.savez(final_weights, *[np.asarray(v.value) for v in variables])
sys.stdout.flush()
os._exit(0)
