"""Keras losses; each docstring states the formula and its source."""

from aan_keras.losses.detail_loss import DetailLoss
from aan_keras.losses.gan_loss import GANLoss
from aan_keras.losses.gan_warmup import GANWarmup
from aan_keras.losses.identity_loss import IdentityLoss
from aan_keras.losses.perceptual_loss import PerceptualLoss
from aan_keras.losses.reenactment_loss import ReenactmentLoss

__all__ = [
    "DetailLoss",
    "GANLoss",
    "GANWarmup",
    "IdentityLoss",
    "PerceptualLoss",
    "ReenactmentLoss",
]
