"""One session of a training run, in a process of its own: DATA OUTPUT KILL_AT."""

import os
import signal
import sys

import keras

from aan_keras.losses.reenactment_loss import ReenactmentLoss
from aan_keras.models.reenactor import Reenactor
from aan_keras.training import train
from aan_keras.training.step_callback import StepCallback


class KillAt(StepCallback):
    def on_step(self, step, logs):
        os.kill(os.getpid(), signal.SIGKILL)


data, output, kill_at = sys.argv[1], sys.argv[2], int(sys.argv[3])
keras.utils.set_random_seed(3)
reenactor = Reenactor(
    image_size=64,
    width=4,
    heatmap_size=32,
    num_fusion_blocks=1,
    num_residual_blocks=0,
    local_net=False,
)
train(
    reenactor,
    data,
    output,
    steps=6,
    batch_size=2,
    validation=None,
    losses=ReenactmentLoss(gan_weight=1.0, perceptual=None, discriminator_width=4),
    generator_learning_rate=1e-3,
    discriminator_learning_rate=1e-3,
    warmup_steps=2,
    decay_fraction=0.5,
    clip_norm=1.0,
    log_every=1,
    checkpoint_every=2,
    images_every=0,
    verbose=0,
    callbacks=[KillAt(kill_at)],
)
