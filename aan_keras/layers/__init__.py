"""Keras layers on `keras.ops`: they know nothing of faces, files or training."""

from aan_keras.layers.appearance_adaptive_norm import AppearanceAdaptiveNorm
from aan_keras.layers.background_fill import BackgroundFill
from aan_keras.layers.cubic_upsampling import CubicUpsampling
from aan_keras.layers.down_block import DownBlock
from aan_keras.layers.ellipsoid_flow import EllipsoidFlow
from aan_keras.layers.face_chip import FaceChip
from aan_keras.layers.face_exposure import FaceExposure
from aan_keras.layers.flow_warp import FlowWarp
from aan_keras.layers.fusion_block import FusionBlock
from aan_keras.layers.head_shading import HeadShading
from aan_keras.layers.landmark_flow import LandmarkFlow
from aan_keras.layers.landmark_heatmaps import LandmarkHeatmaps
from aan_keras.layers.lip_colour import LipColour
from aan_keras.layers.mouth_inside import MouthInside
from aan_keras.layers.opening_mask import OpeningMask
from aan_keras.layers.pixel_shuffle import PixelShuffle
from aan_keras.layers.pixel_unshuffle import PixelUnshuffle
from aan_keras.layers.region_crop import RegionCrop
from aan_keras.layers.region_paste import RegionPaste
from aan_keras.layers.residual_block import ResidualBlock
from aan_keras.layers.similarity_flow import SimilarityFlow
from aan_keras.layers.spatially_adaptive_norm import SpatiallyAdaptiveNorm
from aan_keras.layers.spectral_conv2d import SpectralConv2D
from aan_keras.layers.unsharp_mask import UnsharpMask
from aan_keras.layers.up_block import UpBlock
from aan_keras.layers.zero_conv2d import ZeroConv2D

__all__ = [
    "AppearanceAdaptiveNorm",
    "BackgroundFill",
    "CubicUpsampling",
    "DownBlock",
    "EllipsoidFlow",
    "FaceChip",
    "FaceExposure",
    "FlowWarp",
    "FusionBlock",
    "HeadShading",
    "LandmarkFlow",
    "LandmarkHeatmaps",
    "LipColour",
    "MouthInside",
    "OpeningMask",
    "PixelShuffle",
    "PixelUnshuffle",
    "RegionCrop",
    "RegionPaste",
    "ResidualBlock",
    "SimilarityFlow",
    "SpatiallyAdaptiveNorm",
    "SpectralConv2D",
    "UnsharpMask",
    "UpBlock",
    "ZeroConv2D",
]
