"""Differentiable placing of face regions into an image."""

import keras
from keras import ops

from aan_keras.layers.face_regions import check_region, region_transforms
from aan_keras.layers.known_size import known_size
from aan_keras.layers.sampling import bilinear_sample, pixel_axes
from aan_keras.layers.similarity import apply_similarity, invert_similarity


@keras.saving.register_keras_serializable(package="aan_keras")
class RegionPaste(keras.layers.Layer):
    """Places region images at their landmarks in one image, empty elsewhere.

    All regions are read in one pass: each output pixel first chooses the region that
    covers it (the last in `regions` wins), then samples that region's patch. So the
    cost is that of one warp, however many regions there are.

    Args:
        regions: names of the regions, in the order of the patches.
        image_size: side of the output in pixels; landmarks refer to it.

    Input shapes:
        patches: list of `[B, size_i, size_i, C]`, one for each region.
        landmarks: float32 `[B, 68, 2]`, (x, y) in pixels of the output.

    Output shape:
        `[B, image_size, image_size, C]`, 0 where no region is.

    Reference:
        "One-shot Face Reenactment Using Appearance Adaptive Normalization",
        AAAI 2021, local net: the aligned local image.
    """

    def __init__(
        self,
        regions=("right_eye", "left_eye", "nose", "mouth"),
        image_size=256,
        **kwargs,
    ):
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)
        if not regions:
            raise ValueError(
                f"`regions` must name at least one region. Received: regions={regions}"
            )
        for region in regions:
            check_region(region)
        if image_size < 1:
            raise ValueError(
                f"`image_size` must be positive. Received: image_size={image_size}"
            )
        self.regions = tuple(regions)
        self.image_size = image_size

    def build(self, patches_shape, landmarks_shape):
        if len(patches_shape) != len(self.regions):
            raise ValueError(
                f"`RegionPaste` takes one patch for each of {self.regions}. "
                f"Received: {len(patches_shape)} patches"
            )
        self.built = True

    def call(self, patches, landmarks):
        patches = [ops.cast(patch, self.compute_dtype) for patch in patches]
        landmarks = ops.cast(landmarks, "float32")
        axes = pixel_axes(self.image_size, self.image_size)
        sizes = [known_size(patch)[0] for patch in patches]
        # One image of all patches, below a line of zeros, which is where pixels look
        # that no region covers.
        sheet = ops.concatenate(
            [
                ops.zeros_like(ops.pad(patches[0], _right(max(sizes), sizes[0])))[
                    :, :1
                ],
                *(
                    ops.pad(patch, _right(max(sizes), size))
                    for patch, size in zip(patches, sizes)
                ),
            ],
            axis=1,
        )
        transforms = region_transforms(landmarks, dict(zip(self.regions, sizes)))
        x = y = None
        start = 1.0
        for region, size in zip(self.regions, sizes):
            u, v = apply_similarity(invert_similarity(transforms[region]), *axes)
            # Compared as |distance from the middle| so that both edges are inside.
            middle = (size - 1) / 2
            distance = ops.maximum(ops.abs(u - middle), ops.abs(v - middle))
            inside = distance <= size / 2
            if x is None:
                x = y = ops.zeros_like(u)
            # On the last line or column of a patch the next one's weight is 0.
            x = ops.where(inside, ops.clip(u, 0.0, size - 1.0), x)
            y = ops.where(inside, ops.clip(v, 0.0, size - 1.0) + start, y)
            start += size
        return bilinear_sample(sheet, x, y)

    def compute_output_shape(self, patches_shape, landmarks_shape):
        channels = patches_shape[0][-1]
        return (landmarks_shape[0], self.image_size, self.image_size, channels)

    def get_config(self):
        config = super().get_config()
        config.update({"regions": list(self.regions), "image_size": self.image_size})
        return config


def _right(width, size):
    """Padding that makes a patch of `size` as wide as `width`."""
    return ((0, 0), (0, 0), (0, width - size), (0, 0))
