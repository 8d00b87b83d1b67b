"""Training runs that can be killed at any moment and go on exactly."""

from aan_keras.training.checkpoint import (
    latest_checkpoint,
    load_checkpoint,
    save_checkpoint,
)
from aan_keras.training.constant_then_decay import ConstantThenDecay
from aan_keras.training.conv_muon import ConvMuon
from aan_keras.training.devices import make_strategy
from aan_keras.training.exact_checkpoint import ExactCheckpoint
from aan_keras.training.loss_guard import LossGuard
from aan_keras.training.sample_images import SampleImages
from aan_keras.training.train import train
from aan_keras.training.training_log import TrainingLog

__all__ = [
    "ConstantThenDecay",
    "ConvMuon",
    "ExactCheckpoint",
    "LossGuard",
    "SampleImages",
    "TrainingLog",
    "latest_checkpoint",
    "load_checkpoint",
    "make_strategy",
    "save_checkpoint",
    "train",
]
