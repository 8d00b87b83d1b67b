"""The training pairs as a `tf.data.Dataset`."""

import os

from aan_keras.data.open_clips import open_clips
from aan_keras.data.pair_augmentation import PairAugmentation
from aan_keras.data.pair_sample import make_sample
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
    split="train",
    photo_fraction=0.35,
    clip_exponent=0.5,
    motion_exponent=0.5,
    candidates=5,
    criteria=None,
    animated_fraction=0.0,
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
        photo_fraction, clip_exponent, motion_exponent, candidates, criteria,
            animated_fraction: which pairs are drawn how often, see `PairSampler`.
        shard_index: number of this worker.
        shard_count: number of workers. Their batches of one step, put together in
            order, are the batch of one worker with `shard_count * batch_size`.
        num_parallel_calls: pairs prepared at the same time. Defaults to the number of
            processors; changes the speed only.

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
    import tensorflow as tf

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
    clips = open_clips(path, identities, split, animated=animated_fraction > 0)
    sampler = PairSampler(
        clips,
        photo_fraction,
        clip_exponent,
        motion_exponent,
        candidates,
        criteria,
        animated_fraction,
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
        num_parallel_calls=num_parallel_calls or os.cpu_count(),
        deterministic=True,
    )
    dataset = dataset.batch(batch_size, drop_remainder=True).prefetch(2)
    # There is nothing to tune, and an iterator ends no sooner than its tuner wakes up:
    # up to 18 s were waited for after each `fit` and `evaluate`.
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
