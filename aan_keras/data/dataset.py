"""The training pairs as a `tf.data.Dataset`."""

import warnings

import numpy as np
import tensorflow as tf

from aan_keras.data.clips import decode_frame
from aan_keras.data.face_colour import match_face_colour
from aan_keras.data.open_clips import open_clips
from aan_keras.data.pair_augmentation import PairAugmentation
from aan_keras.data.pair_sampler import PairSampler

_MOST_DAMAGED = 100


def load_dataset(
    path,
    image_size,
    batch_size,
    *,
    seed=0,
    start_step=0,
    augment=True,
    mirror=True,
    identities=None,
    split="train",
    photo_fraction=0.35,
    clip_exponent=0.5,
    motion_exponent=0.5,
    candidates=5,
    criteria=None,
    shard_index=0,
    shard_count=1,
    num_parallel_calls=None,
):
    """Makes an endless dataset of training pairs from shards or folders of frames.

    Sample number i depends on `seed` and i alone. A run that stopped after k steps
    goes on with `start_step=k`; there is no other state to save.

    Args:
        path: folder of TFRecord shards that `aan-keras prepare` wrote, or of
            `<identity>/<clip>/*.jpg` and `landmarks.npy`; see
            `aan_keras.data.open_clips`. Both give the same pairs for the same frames.
        image_size: side of the images in pixels.
        batch_size: pairs a batch (on this worker).
        seed: integer that decides all pairs and augmentations.
        start_step: number of batches to leave out.
        augment: True, False, or a `PairAugmentation` of your own.
        mirror: also mirror half of the pairs (without `augment` too). Ignored when
            `augment` is a `PairAugmentation`.
        identities: names to use. Defaults to all of the split.
        split: "train", "test" or None (both), as `dataset.json` divides the identities
            of shards. Folders of frames have one split.
        photo_fraction, clip_exponent, motion_exponent, candidates, criteria: which
            pairs are drawn how often, see `PairSampler`.
        shard_index: number of this worker.
        shard_count: number of workers. Their batches of one step, put together in
            order, are the batch of one worker with `shard_count * batch_size`.
        num_parallel_calls: pairs prepared at the same time. Defaults to
            `tf.data.AUTOTUNE`; changes the speed only.

    Returns:
        `tf.data.Dataset` of dicts: `source`, `driving` float32
        `[batch_size, image_size, image_size, 3]` in [-1, 1]; `source_landmarks`,
        `driving_landmarks` float32 `[batch_size, 68, 2]` in pixels; `photo_pair`
        float32 `[batch_size]`, 1 where the two are photos of different occasions: of
        these the driving image has the colours of the source's face (see
        `match_face_colour`), and only its face is worth learning. A frame found
        damaged is named in a warning, and another pair is drawn in its place.

    Example:

    >>> dataset = load_dataset("faces/train", image_size=128, batch_size=8)
    >>> reenactor.fit(dataset, steps_per_epoch=1000)
    """
    if batch_size < 1 or image_size < 1 or start_step < 0:
        raise ValueError(
            "`image_size` and `batch_size` must be positive, `start_step` must not be "
            f"negative. Received: image_size={image_size}, batch_size={batch_size}, "
            f"start_step={start_step}"
        )
    if not 0 <= shard_index < shard_count:
        raise ValueError(
            "`shard_index` must be in [0, shard_count). Received: "
            f"shard_index={shard_index}, shard_count={shard_count}"
        )
    clips = open_clips(path, identities, split)
    sampler = PairSampler(
        clips, photo_fraction, clip_exponent, motion_exponent, candidates, criteria
    )
    if augment is True:
        augment = PairAugmentation(mirror=0.5 if mirror else 0.0)
    elif augment is False:
        augment = (
            PairAugmentation(mirror=0.5, geometry=0.0, colour=0.0) if mirror else None
        )

    def make_pair(position):
        step, row = divmod(int(position), batch_size)
        index = (step * shard_count + shard_index) * batch_size + row
        return make_sample(clips, sampler, augment, image_size, seed, index)

    def make_example(position):
        source, source_landmarks, driving, driving_landmarks, photo_pair = (
            tf.numpy_function(make_pair, [position], [tf.float32] * 5, stateful=False)
        )
        image_shape = (image_size, image_size, 3)
        return {
            "source": tf.ensure_shape(source, image_shape),
            "source_landmarks": tf.ensure_shape(source_landmarks, (68, 2)),
            "driving": tf.ensure_shape(driving, image_shape),
            "driving_landmarks": tf.ensure_shape(driving_landmarks, (68, 2)),
            "photo_pair": tf.ensure_shape(photo_pair, ()),
        }

    dataset = tf.data.Dataset.counter(start=start_step * batch_size)
    dataset = dataset.map(
        make_example,
        num_parallel_calls=num_parallel_calls or tf.data.AUTOTUNE,
        deterministic=True,
    )
    return dataset.batch(batch_size, drop_remainder=True).prefetch(2)


def make_sample(clips, sampler, augmentation, image_size, seed, index):
    """Makes pair number `index`.

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
