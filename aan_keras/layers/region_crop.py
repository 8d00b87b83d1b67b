"""Differentiable crop of one face region."""

import keras
from keras import ops

from aan_keras.layers.face_regions import check_region, region_points, region_transform
from aan_keras.layers.sampling import bilinear_sample, pixel_axes
from aan_keras.layers.similarity import apply_similarity, invert_similarity


@keras.saving.register_keras_serializable(package="aan_keras")
class RegionCrop(keras.layers.Layer):
    """Cuts an upright, size-normalized face region out of an image.

    Args:
        region: `"left_eye"`, `"right_eye"`, `"nose"` or `"mouth"`; left and right are
            the person's own.
        size: side of the crop in pixels.

    Input shapes:
        image: `[B, S, S, C]`.
        landmarks: float32 `[B, 68, 2]`, (x, y) in pixels of the image.

    Output shape:
        `[B, size, size, C]`; pixels from outside the image repeat its border.

    Example:

    >>> crop = aan_keras.layers.RegionCrop("mouth", size=40)
    >>> crop(images, landmarks).shape
    (8, 40, 40, 3)

    Reference:
        "One-shot Face Reenactment Using Appearance Adaptive Normalization",
        AAAI 2021, local net.
    """

    def __init__(self, region, size, **kwargs):
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)
        check_region(region)
        if size < 2:
            raise ValueError(f"`size` must be at least 2. Received: size={size}")
        self.region = region
        self.size = size

    def build(self, image_shape, landmarks_shape):
        if len(image_shape) != 4 or tuple(landmarks_shape[1:]) != (68, 2):
            raise ValueError(
                "`RegionCrop` takes an image `[B, S, S, C]` and landmarks "
                f"`[B, 68, 2]`. Received: shapes {image_shape} and {landmarks_shape}"
            )
        self.built = True

    def call(self, image, landmarks):
        image = ops.cast(image, self.compute_dtype)
        landmarks = ops.cast(landmarks, "float32")
        return self.at(image, region_transform(landmarks, self.region, self.size))

    def at(self, image, transform):
        """The crop at a known place.

        Args:
            image: `[B, S, S, C]`.
            transform: float32 `[B, 4]` from `region_transform`.

        Returns:
            `[B, size, size, C]`.
        """
        x, y = apply_similarity(transform, *pixel_axes(self.size, self.size))
        return bilinear_sample(image, x, y)

    def region_landmarks(self, landmarks, transform=None):
        """The region's landmarks in pixels of the crop.

        Args:
            landmarks: float32 `[B, 68, 2]` in pixels of the image.
            transform: their `region_transform`, if it is known already.

        Returns:
            float32 `[B, n, 2]`, n = landmarks of the region.
        """
        landmarks = ops.cast(landmarks, "float32")
        if transform is None:
            transform = region_transform(landmarks, self.region, self.size)
        points = region_points(landmarks, self.region)
        x, y = ops.unstack(points, axis=-1)
        x, y = apply_similarity(invert_similarity(transform), x, y)
        return ops.stack([x, y], axis=-1)

    def compute_output_shape(self, image_shape, landmarks_shape):
        return (image_shape[0], self.size, self.size, image_shape[-1])

    def get_config(self):
        config = super().get_config()
        config.update({"region": self.region, "size": self.size})
        return config
