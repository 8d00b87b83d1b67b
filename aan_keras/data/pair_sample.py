"""One training pair, as arrays."""

import warnings

import numpy as np

from aan_keras.data.clips import decode_frame
from aan_keras.data.donor_face import blend_face, head_shape
from aan_keras.data.face_colour import match_face_colour
from aan_keras.data.face_light import light_face
from aan_keras.data.pair_augmentation import PairAugmentation

_MOST_DAMAGED = 100
_DONORS = 8


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
    elif parameters is not None and parameters["opacity"] is not None:
        donor = _draw_donor(clips, number, sample[1::2], generator)
        if donor is not None:
            for image in (0, 2):
                sample[image] = blend_face(
                    *sample[image : image + 2], *donor, parameters["opacity"]
                )
    if parameters is not None and parameters["light"] is not None:
        for image in (0, 2):
            sample[image] = light_face(*sample[image : image + 2], *parameters["light"])
    if augmentation is not None:
        sample[0] = augmentation.degrade(sample[0], parameters)
    return [*sample, np.float32(is_photo_set)]


def _draw_donor(clips, number, landmarks, generator):
    """A frame of somebody else, and its landmarks: the nearest in turn of a few."""
    wanted = head_shape(np.stack(landmarks)).mean(0)
    nearest = None
    for other in generator.integers(len(clips), size=_DONORS):
        clip = clips[other]
        frame = int(generator.integers(len(clip.frames)))
        if clip.identity == clips[number].identity:
            continue
        distance = np.abs(head_shape(clip.landmarks[frame]) - wanted).sum()
        if nearest is None or distance < nearest[0]:
            nearest = distance, clip, frame
    if nearest is None:
        return None
    _, clip, frame = nearest
    image = decode_frame(clip.frames[frame])
    return None if image is None else (image, clip.landmarks[frame])


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
