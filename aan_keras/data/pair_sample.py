"""One training pair, as arrays."""

import warnings

import numpy as np

from aan_keras.data.clips import decode_frame
from aan_keras.data.face_colour import match_face_colour
from aan_keras.data.pair_augmentation import PairAugmentation

_MOST_DAMAGED = 100


def make_sample(clips, sampler, augmentation, image_size, seed, index):
    """Makes pair number `index`, which depends on `seed` and `index` alone.

    Returns:
        source, its landmarks, driving, its landmarks, whether they are two photos.
    """
    generator = np.random.default_rng((seed, index))
    number, frames, images = _draw_readable(clips, sampler, generator)
    parameters = None if augmentation is None else augmentation.draw(generator)
    apply = (augmentation or PairAugmentation()).apply
    sample = []
    for frame, image in zip(frames, images):
        landmarks = clips[number].landmarks[frame]
        sample += apply(image, landmarks, parameters, image_size)
    is_photo_set = clips[number].is_photo_set
    if is_photo_set:
        sample[2] = match_face_colour(sample[2], sample[3], *sample[:2])
    if augmentation is not None:
        sample[0] = augmentation.degrade(sample[0], parameters)
    return [*sample, np.float32(is_photo_set)]


def _draw_readable(clips, sampler, generator):
    for _ in range(_MOST_DAMAGED):
        number, *frames = sampler(generator)
        clip = clips[number]
        images = [decode_frame(clip.frames[frame]) for frame in frames]
        if all(image is not None for image in images):
            return number, frames, images
        bad = [frame for frame, image in zip(frames, images) if image is None]
        warnings.warn(
            f"Skipped damaged frame {bad[0]} of {clip.identity}/{clip.name}",
            stacklevel=2,
        )
    raise ValueError(
        f"{_MOST_DAMAGED} pairs in a row could not be read: check the files. "
        f"Received: {clip.identity}/{clip.name}"
    )
