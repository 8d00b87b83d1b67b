"""Training of the part of a Reenactor that tells people from what is behind them."""

import cv2
import keras
import numpy as np

from aan_keras.data.face_images import FaceImages
from aan_keras.data.mirror import mirror_landmarks
from aan_keras.data.open_clips import open_clips
from aan_keras.data.other_background import before_another
from aan_keras.data.split import divide_identities
from aan_keras.faces.person_mask import person_mask

_LEARNING_RATE, _WEIGHT_DECAY = 2e-3, 1e-2
# Of the photos, before another background.
_OTHERS = 0.5
# Of the photos, and its deviation in pixels of 128.
_BLURRED, _BLUR = 0.2, (0.3, 1.5)
# Standard deviations: radians, logarithm of the scale, share of the picture's side.
_TURN, _SCALE, _SHIFT = 0.15, 0.12, 0.06
_COLOUR, _LIGHT = 0.25, 0.15


def train_background(
    reenactor,
    data,
    *,
    steps=5000,
    batch_size=16,
    frames_per_clip=24,
    most_faces=20000,
    find_person=person_mask,
    validation=(6, 12),
    seed=0,
    callbacks=(),
    verbose=0,
):
    """Teaches a model with `background` where the person is in a photo.

    `train` does not: without this, a model takes the outline that people usually have
    around such landmarks for the person. Its `PersonNet` alone is trained, half of the
    time on people before other backgrounds.

    Args:
        reenactor: `aan_keras.Reenactor` with `background`; its weights are changed.
        data: folder of shards, or of `<identity>/<clip>/*.jpg` and `landmarks.npy`.
        steps: training steps.
        batch_size: photos a step.
        frames_per_clip: of each clip, so many frames at equal distances.
        most_faces: of more than these, drawn by chance: all are in memory, 66 KB a face
            of 128 pixels.
        find_person: callable from a uint8 RGB image `[S, S, 3]` and landmarks
            `[68, 2]` to a mask `[S, S]` from 0 to 1 of the people in it.
        validation: people to compare masks on; as of `train`.
        seed: decides order and augmentation.
        callbacks: for `fit`.
        verbose: for `fit`.

    Returns:
        dict of `before` and `after`: mean intersection over union with the masks of the
        validation people, from 0 to 1.

    Raises:
        ValueError: the model has no filled background, or nobody is left to validate.
    """
    if reenactor.background is None:
        raise ValueError(
            "`reenactor` must have `background`. Received: background=False"
        )
    keras.utils.set_random_seed(seed)
    names, held_out = divide_identities(data, validation)
    if not held_out:
        raise ValueError(
            "`validation` must leave people out, to measure masks on: give "
            f"--validation 1 0, say. Received: validation={tuple(validation)}"
        )
    size = reenactor.image_size
    learned, unseen = (
        _MaskedFaces(
            FaceImages(open_clips(data, part), size, frames_per_clip),
            np.random.default_rng(seed),
            most_faces,
            find_person,
        )
        for part in (names, held_out)
    )
    unseen = unseen.images, unseen.landmarks, unseen.masks
    report = {"before": overlap(reenactor, *unseen)}
    net = reenactor.person_net
    net.trainable = True
    inputs = {
        "source": keras.Input((size, size, 3), name="source"),
        "landmarks": keras.Input((68, 2), name="landmarks"),
    }
    model = keras.Model(inputs, net(inputs["source"], inputs["landmarks"]))
    model.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(_LEARNING_RATE, steps),
            weight_decay=_WEIGHT_DECAY,
            global_clipnorm=1.0,
        ),
        keras.losses.BinaryCrossentropy(from_logits=True),
    )
    batches = _Batches(reenactor, learned, steps, batch_size, seed)
    model.fit(batches, shuffle=False, callbacks=list(callbacks), verbose=verbose)
    net.trainable = False
    return report | {"after": overlap(reenactor, *unseen)}


def overlap(reenactor, images, landmarks, masks):
    """Mean intersection over union of a model's masks and others.

    Args:
        reenactor: `aan_keras.Reenactor` with `background`.
        images: uint8 `[N, S, S, 3]`.
        landmarks: float32 `[N, 68, 2]`.
        masks: uint8 `[N, S, S]`, 255 where the person is.

    Returns:
        From 0 to 1.
    """
    shares = []
    for image, points, mask in zip(images, landmarks, masks):
        source = image[None].astype("float32") / 127.5 - 1
        found = np.asarray(reenactor.person_mask(source, points[None]))[0, ..., 0] > 0.5
        wanted = mask > 127
        shares.append((found & wanted).sum() / max(1, (found | wanted).sum()))
    return float(np.mean(shares))


class _MaskedFaces:
    """Images, landmarks, masks and chances to be drawn."""

    def __init__(self, faces, generator, most, find_person):
        chances = faces.weights / faces.weights.sum()
        rows = np.arange(len(faces))
        if len(rows) > most:
            rows = np.sort(generator.choice(rows, most, replace=False, p=chances))
        self.chances = chances[rows] / chances[rows].sum()
        drawn = []
        for row in rows:
            image, points = faces.image(row)
            image = np.round((image + 1) * 127.5).astype("uint8")
            mask = np.round(255 * find_person(image, points)).astype("uint8")
            drawn.append((image, points, mask))
        self.images, self.landmarks, self.masks = map(np.stack, zip(*drawn))

    def __len__(self):
        return len(self.images)


class _Batches(keras.utils.PyDataset):
    """Augmented photos, their landmarks, and where background is."""

    def __init__(self, reenactor, faces, steps, batch_size, seed):
        super().__init__()
        self._exposure, self._side = reenactor.exposure, reenactor.person_net.size
        self._faces = faces
        self._steps, self._batch_size, self._seed = steps, batch_size, seed

    def __len__(self):
        return self._steps

    def __getitem__(self, step):
        generator = np.random.default_rng((self._seed, step))
        drawn = [self._draw(generator) for _ in range(self._batch_size)]
        source, landmarks, background = (np.stack(part) for part in zip(*drawn))
        if self._exposure is not None:
            level = self._exposure(source, landmarks)
            source = np.asarray(self._exposure.normalize(source, level))
        return {"source": source, "landmarks": landmarks}, background[..., None]

    def _draw(self, generator):
        faces = self._faces
        row = generator.choice(len(faces), p=faces.chances)
        image, points, mask = faces.images[row], faces.landmarks[row], faces.masks[row]
        if generator.random() < _OTHERS:
            other = faces.images[generator.integers(len(faces))]
            image = before_another(image, mask, other, generator)
        image, points, mask = augment_photo(image, points, mask, generator)
        if generator.random() < _BLURRED:
            deviation = generator.uniform(*_BLUR) * image.shape[0] / 128
            image = cv2.GaussianBlur(image, (0, 0), deviation)
        mask = cv2.resize(mask, (self._side, self._side), interpolation=cv2.INTER_AREA)
        return image, points, 1 - mask.astype("float32") / 255


def augment_photo(image, landmarks, mask, generator):
    """Turns, scales, shifts and mirrors a photo with its mask, and changes its colours.

    Args:
        image: uint8 `[S, S, 3]`.
        landmarks: float32 `[68, 2]`.
        mask: uint8 `[S, S]`.
        generator: `numpy.random.Generator`.

    Returns:
        float32 image in [-1, 1], landmarks and mask.
    """
    size = image.shape[0]
    angle, scale = generator.normal(0, _TURN), np.exp(generator.normal(0, _SCALE))
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    matrix = np.array([[cosine, -sine], [sine, cosine]])
    centre = np.full(2, (size - 1) / 2)
    shift = centre + generator.normal(0, _SHIFT * size, 2) - matrix @ centre
    moved = np.column_stack([matrix, shift])
    options = {"flags": cv2.INTER_LINEAR, "borderMode": cv2.BORDER_REPLICATE}
    image, mask = (
        cv2.warpAffine(part, moved, (size, size), **options) for part in (image, mask)
    )
    landmarks = landmarks @ matrix.T + shift
    if generator.random() < 0.5:
        image, mask = image[:, ::-1], mask[:, ::-1]
        landmarks = mirror_landmarks(landmarks, size)
    image = image.astype("float32") / 127.5 - 1
    image = image * generator.uniform(1 - _COLOUR, 1 + _COLOUR, 3)
    image = np.clip(image + generator.uniform(-_LIGHT, _LIGHT), -1, 1)
    return image.astype("float32"), landmarks.astype("float32"), mask
