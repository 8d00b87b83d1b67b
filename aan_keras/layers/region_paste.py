"""Differentiable placing of face regions into an image."""

import keras
from keras import ops

from aan_keras.layers.face_regions import check_region, region_transform
from aan_keras.layers.sampling import pixel_grid
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
        channels = patches[0].shape[-1]
        grid = pixel_grid(self.image_size, self.image_size)
        sizes = [patch.shape[1] for patch in patches]
        rows = sum(size * size for size in sizes)
        flat = ops.concatenate(
            [
                ops.reshape(patch, (-1, size * size, channels))
                for patch, size in zip(patches, sizes)
            ],
            axis=1,
        )  # [B, rows, C]
        batch = ops.shape(flat)[0]
        flat = ops.reshape(flat, (-1, channels))

        x = y = width = first = covered = None
        start = 0
        for region, size in zip(self.regions, sizes):
            transform = region_transform(landmarks, region, size)
            u, v = apply_similarity(invert_similarity(transform), *grid)
            # Compared as |distance from the middle| so that both edges are inside.
            middle = (size - 1) / 2
            inside = (ops.abs(u - middle) <= size / 2) & (
                ops.abs(v - middle) <= size / 2
            )
            u, v = ops.clip(u, 0.0, size - 1.0), ops.clip(v, 0.0, size - 1.0)
            if covered is None:
                covered = inside
                x, y = u, v
                width, first = ops.full_like(u, size), ops.full_like(u, start)
            else:
                covered = covered | inside
                x, y = ops.where(inside, u, x), ops.where(inside, v, y)
                width = ops.where(inside, ops.full_like(u, size), width)
                first = ops.where(inside, ops.full_like(u, start), first)
            start += size * size

        x0, y0 = ops.floor(x), ops.floor(y)
        x1 = ops.minimum(x0 + 1.0, width - 1.0)
        y1 = ops.minimum(y0 + 1.0, width - 1.0)
        wx, wy = x - x0, y - y0
        present = ops.cast(covered, "float32")
        offset = ops.reshape(ops.arange(batch, dtype="int32") * rows, (-1, 1, 1))

        def corner(cx, cy, weight):
            index = offset + ops.cast(first + cy * width + cx, "int32")
            values = ops.take(flat, index, axis=0)
            weight = ops.expand_dims(weight * present, -1)
            return values * ops.cast(weight, values.dtype)

        return (
            corner(x0, y0, (1.0 - wx) * (1.0 - wy))
            + corner(x1, y0, wx * (1.0 - wy))
            + corner(x0, y1, (1.0 - wx) * wy)
            + corner(x1, y1, wx * wy)
        )

    def compute_output_shape(self, patches_shape, landmarks_shape):
        channels = patches_shape[0][-1]
        return (landmarks_shape[0], self.image_size, self.image_size, channels)

    def get_config(self):
        config = super().get_config()
        config.update({"regions": list(self.regions), "image_size": self.image_size})
        return config
