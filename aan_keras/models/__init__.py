"""The paper's networks, one a file, and `Reenactor`, which trains and runs them."""

from aan_keras.models.appearance_extractor import AppearanceExtractor
from aan_keras.models.flow_estimator import FlowEstimator
from aan_keras.models.fusion_net import FusionNet
from aan_keras.models.identity_net import IdentityNet
from aan_keras.models.landmark_transformer import LandmarkTransformer
from aan_keras.models.local_net import LocalNet
from aan_keras.models.multi_scale_discriminator import MultiScaleDiscriminator
from aan_keras.models.person_net import PersonNet
from aan_keras.models.reenactor import Reenactor

__all__ = [
    "AppearanceExtractor",
    "FlowEstimator",
    "FusionNet",
    "IdentityNet",
    "LandmarkTransformer",
    "LocalNet",
    "MultiScaleDiscriminator",
    "PersonNet",
    "Reenactor",
]
