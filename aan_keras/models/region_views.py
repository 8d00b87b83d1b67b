"""What the local net reads of a face's regions."""

import keras
from keras import ops

from aan_keras.layers.face_regions import (
    REGION_LANDMARKS,
    REGION_OPENINGS,
    region_transforms,
)
from aan_keras.layers.landmark_heatmaps import LandmarkHeatmaps
from aan_keras.layers.opening_mask import OpeningMask
from aan_keras.layers.region_crop import RegionCrop


@keras.saving.register_keras_serializable(package="aan_keras")
class RegionViews(keras.layers.Layer):
    """Pixels and drawn landmarks of eyes, nose and mouth, each region upright.

    Args:
        sizes: dict of region to the side of its view.
        heatmap_variance: of the landmarks' Gaussians, in pixels^2 of the view.
        openings: eyes and mouth end with an `OpeningMask`.

    Input shapes:
        landmarks: float32 `[B, 68, 2]`, (x, y) in pixels of the whole image.
        image: `[B, S, S, 3]`, or None for the drawn landmarks alone.

    Output shapes:
        dict of region to `[B, r, r, C]`: 3 channels of the image, one heatmap for each
        landmark of the region, 1 channel of its opening.

    Reference:
        "One-shot Face Reenactment Using Appearance Adaptive Normalization",
        AAAI 2021, local net.
    """

    def __init__(self, sizes, heatmap_variance=3.0, openings=False, **kwargs):
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)
        self.sizes = dict(sizes)
        self.heatmap_variance = heatmap_variance
        self.openings = openings
        policy = self.dtype_policy
        # What a residual is added to must not be rounded to bfloat16.
        self.crops = {
            region: RegionCrop(region, size, dtype="float32")
            for region, size in self.sizes.items()
        }
        self.heatmaps = {
            region: LandmarkHeatmaps(size, size, heatmap_variance, dtype=policy)
            for region, size in self.sizes.items()
        }
        self.masks = {}
        if openings:
            self.masks = {
                region: OpeningMask(self.sizes[region], *chains, dtype=policy)
                for region, chains in REGION_OPENINGS.items()
                if region in self.sizes
            }
        self.built = True

    def call(self, landmarks, image=None):
        landmarks = ops.cast(landmarks, "float32")
        if image is not None:
            image = ops.cast(image, "float32")
        transforms = region_transforms(landmarks, self.sizes)
        views = {}
        for region, crop in self.crops.items():
            transform = transforms[region]
            points = crop.region_landmarks(landmarks, transform)
            parts = [] if image is None else [crop.at(image, transform)]
            parts.append(self.heatmaps[region](points))
            if region in self.masks:
                parts.append(self.masks[region](points))
            views[region] = ops.concatenate(parts, axis=-1)
        return views

    def compute_output_shape(self, landmarks_shape, image_shape=None):
        colours = 0 if image_shape is None else image_shape[-1]
        shapes = {}
        for region, size in self.sizes.items():
            channels = colours + len(REGION_LANDMARKS[region]) + (region in self.masks)
            shapes[region] = (landmarks_shape[0], size, size, channels)
        return shapes

    def get_config(self):
        return {
            **super().get_config(),
            "sizes": self.sizes,
            "heatmap_variance": self.heatmap_variance,
            "openings": self.openings,
        }
