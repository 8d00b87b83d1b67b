"""From shards or folders of face crops to batches of training pairs."""

from aan_keras.data.clips import Clip, read_clips
from aan_keras.data.dataset import load_dataset
from aan_keras.data.face_images import FaceImages
from aan_keras.data.mirror import MIRROR_PERMUTATION, mirror_landmarks
from aan_keras.data.open_clips import open_clips
from aan_keras.data.pair_augmentation import PairAugmentation
from aan_keras.data.pair_sampler import PairSampler
from aan_keras.data.split import link_identities, split_identities

__all__ = [
    "MIRROR_PERMUTATION",
    "Clip",
    "FaceImages",
    "PairAugmentation",
    "PairSampler",
    "link_identities",
    "load_dataset",
    "mirror_landmarks",
    "open_clips",
    "read_clips",
    "split_identities",
]
