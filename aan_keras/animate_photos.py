"""Photos, and what a model makes of them, as training pairs."""

import collections
from pathlib import Path

import cv2
import numpy as np

from aan_keras.data.clips import decode_frame, has_animated_photos
from aan_keras.data.dataset_file import is_shard_folder
from aan_keras.data.open_clips import open_clips
from aan_keras.data.person_mover import PersonMover
from aan_keras.data.split import divide_identities, link_identities
from aan_keras.evaluation.resize import resize_image, resize_landmarks
from aan_keras.faces.input_error import InputError
from aan_keras.faces.motion_transfer import shape_distances, transfer_motion
from aan_keras.faces.person_mask import person_mask

# A motion is taken from one of so many clips, whose faces are nearest in shape.
_CLIPS = 12
# Of so many of its frames, the one that is farthest.
_FRAMES = 6
# Faces are shifted by this share of the picture's side at most.
_SHIFT = 0.11
_QUALITY = 97
_INNER_LIPS = (62, 66)
# Frames of a clip that cut-outs are made for.
_CLIP_TARGETS = 10


def animate_photos(
    reenactor,
    data,
    output,
    *,
    per_photo=4,
    cut_outs=0,
    find_person=None,
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

    What no model does well yet is to part hair from what is behind it. Cut-outs teach
    that: the person is cut out of a photo, of a frame made of it or of another frame
    of a clip, and put elsewhere (`PersonMover`).

    Args:
        reenactor: `aan_keras.Reenactor`, or whatever has `image_size` and
            `animate(source, source_landmarks, driving_landmarks)`.
        data: folder with `<identity>/<clip>/*.jpg` and `landmarks.npy`.
        output: folder to make: links to the clips of `data`, and beside them
            `<identity>/animated0/`, `animated1/` ..., a photo and what was made of it.
        per_photo: frames to make of each.
        cut_outs: frames to add to each in which the person is elsewhere, half of them
            from the photo and half from what was made of it; and to ten frames of each
            clip, from others of the clip. Where a picture has no room there are fewer.
        find_person: callable from a uint8 RGB image `[S, S, 3]` and landmarks
            `[68, 2]` to a mask `[S, S]` from 0 to 1 of the people in it. By default
            `reenactor.person_mask` if it has a filled background, else
            `aan_keras.faces.person_mask.person_mask`.
        validation: people who are neither moved nor lend their motion; as of `train`.
        seed: integer that decides the motions.
        progress: callable `(iterable, total, what)` that returns an iterable.

    Returns:
        Number of photos.

    Raises:
        InputError: `data` holds shards or animated photos, or lacks clips or photos.
        ValueError: `per_photo` is not positive, `cut_outs` is negative, `validation`
            takes everybody, or `output` is not empty.
    """
    if per_photo < 1:
        raise ValueError(f"`per_photo` must be positive. Received: {per_photo}")
    if cut_outs < 0:
        raise ValueError(f"`cut_outs` must not be negative. Received: {cut_outs}")
    if is_shard_folder(data):
        raise InputError(f"{data} holds shards: folders of frames are needed")
    if has_animated_photos(data):
        raise InputError(f"{data} has animated photos already: take what it links to")
    names, held_out = divide_identities(data, validation)
    clips = open_clips(data, names)
    size = reenactor.image_size
    find_person = find_person or _person_finder(reenactor)
    videos = [clip for clip in clips if not clip.is_photo_set]
    motions = [resize_landmarks(c.landmarks, c.image_size, size) for c in videos]
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
    folders = _Folders(output)
    progress = progress or (lambda rows, total, what: rows)
    for row, (identity, encoded, landmarks) in enumerate(
        progress(photos, len(photos), "photos")
    ):
        generator = np.random.default_rng((seed, row))
        image = resize_image(decode_frame(encoded), size)
        driving = draw_motions(landmarks, motions, per_photo, size, generator)
        pictures = [(image, landmarks)]
        pictures += zip(animate(image, landmarks, driving), driving)
        draws = [0] * (cut_outs - cut_outs // 2)
        draws += [*1 + generator.integers(per_photo, size=cut_outs // 2)]
        moved = _moved(pictures, draws, find_person, generator)
        folders.write(identity, [*pictures, *moved])
    if cut_outs:
        for row, clip in enumerate(progress(videos, len(videos), "clips")):
            generator = np.random.default_rng((seed, len(photos) + row))
            for pictures in _clip_pictures(clip, size, cut_outs, generator):
                others = range(1, len(pictures))
                moved = [*_moved(pictures, others, find_person, generator)]
                if moved:
                    folders.write(clip.identity, [pictures[0], *moved])
    return len(photos)


class _Folders:
    """Writes pictures as the animated photos of identities."""

    def __init__(self, path):
        self._path, self._numbers = Path(path), collections.Counter()

    def write(self, identity, pictures):
        """The first is what must come out."""
        folder = self._path / identity / f"animated{self._numbers[identity]}"
        self._numbers[identity] += 1
        folder.mkdir()
        images, landmarks = zip(*pictures)
        quality = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
        for i, image in enumerate(images):
            file = folder / f"{i:04d}{'.jpg' if i else '.png'}"
            options = quality if i else []
            # Not `imwrite`: names that are not UTF-8 take the process down with it.
            _, data = cv2.imencode(file.suffix, image[..., ::-1], options)
            file.write_bytes(data.tobytes())
        np.save(folder / "landmarks.npy", np.stack(landmarks).astype("float32"))


def _moved(pictures, draws, find_person, generator):
    """Yields pictures with the person elsewhere, one for each index, if it can be."""
    movers = {}
    for i in draws:
        if i not in movers:
            movers[i] = PersonMover(*pictures[i], find_person(*pictures[i]))
        moved = movers[i](generator)
        if moved is not None:
            yield moved


def _clip_pictures(clip, size, count, generator):
    """Yields frames spread over a clip, each first in a list, with `count` others."""
    landmarks = resize_landmarks(clip.landmarks, clip.image_size, size)
    indices = np.arange(len(landmarks))
    for target in np.unique(np.linspace(0, indices[-1], _CLIP_TARGETS).round()):
        target = int(target)
        others = generator.choice(np.delete(indices, target), count)
        yield [
            (resize_image(decode_frame(clip.frames[i]), size), landmarks[i])
            for i in (target, *others)
        ]


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


def _person_finder(reenactor):
    if getattr(reenactor, "background", None) is None:
        return person_mask
    import tensorflow as tf

    masks = tf.function(reenactor.person_mask, autograph=False)

    def find_person(image, landmarks):
        source = image[None].astype("float32") / 127.5 - 1
        mask = masks(tf.constant(source), tf.constant(landmarks[None]))
        return mask[0, ..., 0].numpy()

    return find_person


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
