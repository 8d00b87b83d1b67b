"""Keras layers on `keras.ops`: they know nothing of faces, files or training."""

import importlib

_MODULES = {
    "AppearanceAdaptiveNorm": "appearance_adaptive_norm",
    "FaceChip": "face_chip",
    "FlowWarp": "flow_warp",
    "FusionBlock": "fusion_block",
    "LandmarkFlow": "landmark_flow",
    "LandmarkHeatmaps": "landmark_heatmaps",
    "PixelShuffle": "pixel_shuffle",
    "RegionCrop": "region_crop",
    "RegionPaste": "region_paste",
    "ResidualBlock": "residual_block",
    "SpatiallyAdaptiveNorm": "spatially_adaptive_norm",
    "SpectralConv2D": "spectral_conv2d",
}

__all__ = list(_MODULES)


def __getattr__(name):
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__():
    return sorted(set(globals()) | set(__all__))
