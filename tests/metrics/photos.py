"""Pairs of real pictures for metrics of images."""

import numpy as np
from skimage import data, transform


def photo_pairs(size=40, seed=0):
    """Three pictures and disturbed copies, uint8 `[3, size, size, 3]` each."""
    rng = np.random.default_rng(seed)
    photos = []
    for photo, corner in ((data.astronaut(), 20), (data.coffee(), 60), (None, 0)):
        if photo is None:
            photo = rng.uniform(0, 1, (200, 200, 3))
        crop = photo[corner : corner + 200, corner : corner + 200]
        photos.append(transform.resize(crop, (size, size), anti_aliasing=True))
    true = np.stack(photos)
    pred = np.roll(true, 1, axis=2) * 0.9 + 0.03
    pred = np.clip(pred + rng.normal(0, 0.02, pred.shape), 0, 1)
    return [np.round(images * 255).astype("uint8") for images in (true, pred)]


def to_unit(images):
    """uint8 to float32 in [-1, 1]."""
    return images.astype("float32") / 127.5 - 1.0
