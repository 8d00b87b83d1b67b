"""The training pairs as a `tf.data.Dataset`."""

import numpy as np
import tensorflow as tf

from aan_keras.data.clips import decode_frame, read_clips
from aan_keras.data.pair_augmentation import PairAugmentation
from aan_keras.data.pair_sampler import PairSampler


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
    photo_fraction=0.35,
    clip_exponent=0.5,
    motion_exponent=0.5,
    candidates=5,
    criteria=None,
    shard_index=0,
    shard_count=1,
    num_parallel_calls=None,
):
    """Makes an endless dataset of training pairs from folders of frames.

    Sample number i depends on `seed` and i alone. A run that stopped after k steps
    goes on with `start_step=k`; there is no other state to save.

    Args:
        path: folder with `<identity>/<clip>/*.jpg` and `landmarks.npy`, see
            `aan_keras.data.read_clips`.
        image_size: side of the images in pixels.
        batch_size: pairs a batch (on this worker).
        seed: integer that decides all pairs and augmentations.
        start_step: number of batches to leave out.
        augment: True, False, or a `PairAugmentation` of your own.
        mirror: also mirror half of the pairs (without `augment` too). Ignored when
            `augment` is a `PairAugmentation`.
        identities: names to use. Defaults to all.
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
        `driving_landmarks` float32 `[batch_size, 68, 2]` in pixels.

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
    clips = read_clips(path, identities)
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
        source, source_landmarks, driving, driving_landmarks = tf.numpy_function(
            make_pair, [position], [tf.float32] * 4, stateful=False
        )
        image_shape = (image_size, image_size, 3)
        return {
            "source": tf.ensure_shape(source, image_shape),
            "source_landmarks": tf.ensure_shape(source_landmarks, (68, 2)),
            "driving": tf.ensure_shape(driving, image_shape),
            "driving_landmarks": tf.ensure_shape(driving_landmarks, (68, 2)),
        }

    dataset = tf.data.Dataset.counter(start=start_step * batch_size)
    dataset = dataset.map(
        make_example,
        num_parallel_calls=num_parallel_calls or tf.data.AUTOTUNE,
        deterministic=True,
    )
    return dataset.batch(batch_size, drop_remainder=True).prefetch(2)


def make_sample(clips, sampler, augmentation, image_size, seed, index):
    """Makes pair number `index`: source, its landmarks, driving, its landmarks."""
    generator = np.random.default_rng((seed, index))
    number, *frames = sampler(generator)
    clip = clips[number]
    parameters = None if augmentation is None else augmentation.draw(generator)
    apply = (augmentation or PairAugmentation()).apply
    sample = []
    for frame in frames:
        image = decode_frame(clip.frames[frame])
        sample += apply(image, clip.landmarks[frame], parameters, image_size)
    return sample
