"""Keras metrics of reenactment; each docstring states the formula and its source."""

from aan_keras.metrics.aed import AED
from aan_keras.metrics.akd import AKD
from aan_keras.metrics.aucon import AUCON
from aan_keras.metrics.csim import CSIM
from aan_keras.metrics.fid import FID
from aan_keras.metrics.l1 import L1
from aan_keras.metrics.nme import NME
from aan_keras.metrics.prmse import PRMSE
from aan_keras.metrics.psnr import PSNR
from aan_keras.metrics.sharpness_ratio import SharpnessRatio
from aan_keras.metrics.ssim import SSIM

__all__ = [
    "AED",
    "AKD",
    "AUCON",
    "CSIM",
    "FID",
    "L1",
    "NME",
    "PRMSE",
    "PSNR",
    "SSIM",
    "SharpnessRatio",
]
