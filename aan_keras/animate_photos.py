"""Photos, and what a model makes of them, as training pairs."""

from pathlib import Path

import cv2
import numpy as np

from aan_keras.data.clips import decode_frame
from aan_keras.data.dataset_file import is_shard_folder
from aan_keras.data.open_clips import open_clips
from aan_keras.data.split import divide_identities, link_identities
from aan_keras.evaluation.resize import resize_image, resize_landmarks
from aan_keras.faces.input_error import InputError
from aan_keras.faces.motion_transfer import shape_distances, transfer_motion

# A motion is taken from one of so many clips, whose faces are nearest in shape.
_CLIPS = 12
# Of so many of its frames, the one that is farthest.
_FRAMES = 6
# Faces are shifted by this share of the picture's side at most.
_SHIFT = 0.11
_QUALITY = 97
_INNER_LIPS = (62, 66)


def animate_photos(
    reenactor,
    data,
    output,
    *,
    per_photo=4,
    validation=(6, 12),
    seed=0,
    progress=None,
):
    """Writes a data folder in which photos have frames to learn from.

    Photo sets show more people than clips do, but nobody twice in one light. Here a
    model moves each photo by the motion of some clip; training then takes a made frame
    as source, and the photo as the frame that must come out (`animated_fraction` of
    `load_dataset`). So what is to be painted is real in every pair, and only what it is
    painted from was made by a model that is not perfect.

    The idea is that of back-translation (Sennrich, Haddow and Birch, "Improving Neural
    Machine Translation Models with Monolingual Data", ACL 2016).

    Args:
        reenactor: `aan_keras.Reenactor`, or whatever has `image_size` and
            `animate(source, source_landmarks, driving_landmarks)`.
        data: folder with `<identity>/<clip>/*.jpg` and `landmarks.npy`.
        output: folder to make: links to the clips of `data`, and beside them
            `<identity>/animated0/`, `animated1/` ..., a photo and what was made of it.
        per_photo: frames to make of each.
        validation: people who are neither moved nor lend their motion; as of `train`.
        seed: integer that decides the motions.
        progress: callable `(iterable, total, what)` that returns an iterable.

    Returns:
        Number of photos.

    Raises:
        InputError: `data` holds shards or animated photos, or lacks clips or photos.
        ValueError: `per_photo` is not positive, or `output` is not empty.
    """
    if per_photo < 1:
        raise ValueError(f"`per_photo` must be positive. Received: {per_photo}")
    if is_shard_folder(data):
        raise InputError(f"{data} holds shards: folders of frames are needed")
    if any(Path(data).glob("*/animated*")):
        raise InputError(f"{data} has animated photos already: take what it links to")
    names, held_out = divide_identities(data, validation)
    clips = open_clips(data, names)
    size = reenactor.image_size
    motions = [
        resize_landmarks(clip.landmarks, clip.image_size, size)
        for clip in clips
        if not clip.is_photo_set
    ]
    photos = [
        (clip.identity, image, resize_landmarks(landmarks, clip.image_size, size))
        for clip in clips
        if clip.is_photo_set
        for image, landmarks in zip(clip.frames, clip.landmarks)
    ]
    if not motions or not photos:
        raise InputError(f"{data} needs clips, whose motion is taken, and photo sets")
    link_identities(data, output, sorted([*names, *held_out]))
    animate = getattr(reenactor, "animate", None) or _compiled(reenactor)
    numbers = {}
    rows = enumerate(photos)
    if progress is not None:
        rows = progress(rows, len(photos), "photos")
    for row, (identity, encoded, landmarks) in rows:
        generator = np.random.default_rng((seed, row))
        image = resize_image(decode_frame(encoded), size)
        driving = draw_motions(landmarks, motions, per_photo, size, generator)
        number = numbers[identity] = numbers.get(identity, -1) + 1
        folder = Path(output) / identity / f"animated{number}"
        folder.mkdir()
        # Without a loss: it is what must come out.
        cv2.imwrite(str(folder / "0000.png"), image[..., ::-1])
        for i, frame in enumerate(animate(image, landmarks, driving)):
            file = str(folder / f"{i + 1:04d}.jpg")
            cv2.imwrite(file, frame[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        np.save(folder / "landmarks.npy", np.concatenate([landmarks[None], driving]))
    return len(photos)


def draw_motions(landmarks, motions, count, size, generator):
    """Moves a face as faces of a similar shape move.

    Args:
        landmarks: `[68, 2]`, in pixels of a picture.
        motions: list of `[T, 68, 2]`, landmarks of clips.
        count: how many motions to draw.
        size: side of the picture.
        generator: `numpy.random.Generator`.

    Returns:
        float32 `[count, 68, 2]`, in pixels of the picture.
    """
    distances = [shape_distances(landmarks, motion) for motion in motions]
    nearest = np.argsort([each.min() for each in distances])[:_CLIPS]
    result = []
    for _ in range(count):
        chosen = nearest[generator.integers(len(nearest))]
        motion, start = motions[chosen], int(np.argmin(distances[chosen]))
        frames = motion[generator.integers(len(motion), size=_FRAMES)]
        if generator.random() < 0.5:
            far = np.abs(_mouth(frames) - _mouth(motion[start]))
        else:
            far = np.linalg.norm(frames - motion[start], axis=-1).mean(-1)
        pair = np.stack([motion[start], frames[np.argmax(far)]])
        moved = transfer_motion(landmarks, pair, relative=True, reference=0)[1]
        shift = moved.mean(0) - landmarks.mean(0)
        result.append(moved - shift + np.clip(shift, -_SHIFT * size, _SHIFT * size))
    return np.stack(result).astype("float32")


def _mouth(landmarks):
    upper, lower = (landmarks[..., point, :] for point in _INNER_LIPS)
    return np.linalg.norm(upper - lower, axis=-1)


def _compiled(reenactor):
    """`animate` of a Keras model, all frames of a photo in one batch."""
    import tensorflow as tf

    from aan_keras.exporting.pixels import from_uint8, to_uint8
    from aan_keras.exporting.tensorflow_forms import tensorflow_forms

    @tf.function(autograph=False)
    def run(source, source_landmarks, driving_landmarks):
        with tensorflow_forms():
            code = reenactor.encode_source(from_uint8(source), source_landmarks)
            count = tf.shape(driving_landmarks)[0]
            code = {name: tf.repeat(part, count, 0) for name, part in code.items()}
            return to_uint8(reenactor.drive(code, driving_landmarks))

    def animate(source, source_landmarks, driving_landmarks):
        arrays = source[None], source_landmarks[None], driving_landmarks
        return run(*map(tf.constant, arrays)).numpy()

    return animate
