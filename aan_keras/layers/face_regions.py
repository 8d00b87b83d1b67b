"""The four face regions of the local net, located by 68 iBUG landmarks."""

from keras import ops

from aan_keras.layers.take_known import take_known

# "right" and "left" are the person's own sides, as in the iBUG annotation.
REGION_LANDMARKS = {
    "right_eye": (*range(17, 22), *range(36, 42)),
    "left_eye": (*range(22, 27), *range(42, 48)),
    "nose": tuple(range(27, 36)),
    "mouth": tuple(range(48, 68)),
}
# (upper, lower) chains of the openings in a region, numbers of the region's landmarks.
REGION_OPENINGS = {
    "right_eye": ((5, 6, 7, 8), (5, 10, 9, 8)),
    "left_eye": ((5, 6, 7, 8), (5, 10, 9, 8)),
    "mouth": ((12, 13, 14, 15, 16), (12, 19, 18, 17, 16)),
}
# Side of a region in units of the face's root-mean-square landmark spread: covers the
# region's landmarks in 99 of 100 development frames, with a margin of skin.
REGION_SIDES = {"right_eye": 1.3, "left_eye": 1.3, "nose": 1.5, "mouth": 1.7}


def region_transform(landmarks, region, size):
    """Similarity transform from region pixels to image pixels.

    The centre is the mean of the region's landmarks; the rotation is the face's roll
    (line between the eye centres) and the scale its overall size, not the region's
    own: an opening mouth must move inside its region, not be scaled away.

    Args:
        landmarks: float32 `[B, 68, 2]`, (x, y) in image pixels.
        region: key of `REGION_LANDMARKS`.
        size: side of the region in region pixels.

    Returns:
        float32 `[B, 4]`: `(a, b, tx, ty)`, see `similarity.fit_similarity`.
    """
    return region_transforms(landmarks, {region: size})[region]


def region_transforms(landmarks, sizes):
    """`region_transform` of several regions, what they share being computed once.

    Args:
        landmarks: float32 `[B, 68, 2]`, (x, y) in image pixels.
        sizes: dict of region to its side in region pixels.

    Returns:
        dict of region to float32 `[B, 4]`.
    """
    axis = ops.mean(landmarks[:, 42:48], axis=1) - ops.mean(landmarks[:, 36:42], axis=1)
    length = ops.sqrt(ops.sum(axis * axis, axis=-1, keepdims=True) + 1e-6)
    axis = axis / length
    centred = landmarks - ops.mean(landmarks, axis=1, keepdims=True)
    spread = ops.sqrt(ops.mean(ops.sum(centred * centred, axis=-1), axis=-1) + 1e-6)
    step = ops.expand_dims(spread, -1) * axis
    transforms = {}
    for region, size in sizes.items():
        a, b = ops.unstack(step * (REGION_SIDES[region] / size), axis=-1)
        x, y = ops.unstack(ops.mean(region_points(landmarks, region), axis=1), axis=-1)
        middle = (size - 1) / 2
        corner = [x - (a - b) * middle, y - (a + b) * middle]
        transforms[region] = ops.stack([a, b, *corner], axis=-1)
    return transforms


def region_points(landmarks, region):
    """The region's own landmarks: `[B, 68, 2]` to `[B, n, 2]`."""
    return take_known(landmarks, REGION_LANDMARKS[region], axis=1)


def check_region(region):
    """Raises ValueError unless `region` names a face region."""
    if region not in REGION_LANDMARKS:
        raise ValueError(
            f"`region` must be one of {sorted(REGION_LANDMARKS)}. "
            f"Received: region={region}"
        )
