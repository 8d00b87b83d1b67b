"""Training of the part of a Reenactor that tells people from what is behind them."""

import cv2
import keras
import numpy as np
from keras import ops

from aan_keras.data.face_images import FaceImages
from aan_keras.data.mirror import mirror_landmarks
from aan_keras.data.open_clips import open_clips
from aan_keras.data.split import divide_identities
from aan_keras.faces.person_mask import person_mask
from aan_keras.layers.person_outline import background_odds, face_coordinates

# How far the extractor's other outputs may move, against the mask's cross-entropy.
_KEEP = 2.0
_LEARNING_RATE = 6e-4
# Standard deviations: radians, logarithm of the scale, share of the picture's side.
_TURN, _SCALE, _SHIFT = 0.15, 0.12, 0.06
_COLOUR, _LIGHT = 0.25, 0.15


def train_background(
    reenactor,
    data,
    *,
    steps=1200,
    batch_size=12,
    frames_per_clip=8,
    find_person=person_mask,
    validation=(6, 12),
    seed=0,
    callbacks=(),
    verbose=0,
):
    """Teaches a model with `background` where the person is in a photo.

    `train` does not: without this, a model takes the outline that people usually have
    around such landmarks for the person. The appearance extractor alone is trained, to
    tell the masks and to give the same theta as before (distillation: Hinton, Vinyals
    and Dean, "Distilling the Knowledge in a Neural Network", 2015).

    Args:
        reenactor: `aan_keras.Reenactor` with `background`; its weights are changed.
        data: folder of shards, or of `<identity>/<clip>/*.jpg` and `landmarks.npy`.
        steps: training steps.
        batch_size: photos a step.
        frames_per_clip: of each clip, so many frames at equal distances.
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
    if reenactor.background is None or reenactor.averages:
        raise ValueError(
            "`reenactor` must have `background`, and come from a preset. Received: "
            f"background={reenactor.background is not None}, "
            f"averages={bool(reenactor.averages)}"
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
        _masked_photos(
            FaceImages(open_clips(data, part), size, frames_per_clip), find_person
        )
        for part in (names, held_out)
    )
    report = {"before": overlap(reenactor, *unseen)}
    extractor = reenactor.appearance_extractor
    teacher = type(extractor).from_config(extractor.get_config())
    for variable, copy in zip(extractor.variables, teacher.variables):
        copy.assign(variable.value)
    head = extractor.get_layer("background")
    head.trainable = True
    model = _Teaching(extractor, teacher)
    rate = keras.optimizers.schedules.CosineDecay(_LEARNING_RATE, steps)
    model.compile(keras.optimizers.Adam(rate, global_clipnorm=1.0))
    batches = _Batches(reenactor, learned, steps, batch_size, seed)
    model.fit(batches, shuffle=False, callbacks=list(callbacks), verbose=verbose)
    head.trainable = False
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


def _masked_photos(faces, find_person):
    """Images, landmarks and masks, all in memory: 66 KB a face of 128 pixels."""
    images, landmarks, masks = [], [], []
    for i in range(len(faces)):
        image, points = faces.image(i)
        image = np.round((image + 1) * 127.5).astype("uint8")
        images.append(image)
        landmarks.append(points)
        masks.append(np.round(255 * find_person(image, points)).astype("uint8"))
    return np.stack(images), np.stack(landmarks), np.stack(masks)


class _Teaching(keras.Model):
    """An appearance extractor that learns masks and keeps its other outputs."""

    def __init__(self, extractor, teacher):
        super().__init__(name="teaching")
        self.extractor, self.teacher = extractor, teacher
        teacher.trainable = False

    def call(self, inputs, training=None):
        outputs = dict(self.extractor(inputs["source"], training=training))
        kept = self.teacher(inputs["source"], training=False)
        logits = ops.cast(outputs.pop("background"), "float32") + inputs["odds"]
        changes = [_change(outputs[name], kept[name]) for name in outputs]
        return logits, sum(changes) / len(changes)

    def compute_loss(self, x, y, y_pred, sample_weight=None, training=True):
        logits, change = y_pred
        entropy = keras.losses.binary_crossentropy(y, logits, from_logits=True)
        return ops.mean(entropy) + _KEEP * change


def _change(output, kept):
    """Squared difference by the variance of each sample and channel set."""
    output, kept = ops.cast(output, "float32"), ops.cast(kept, "float32")
    spread = ops.mean(ops.square(kept - ops.mean(kept, axis=(0, 1, 2))))
    return ops.mean(ops.square(output - kept)) / (spread + 1e-6)


class _Batches(keras.utils.PyDataset):
    """Augmented photos, their outlines and masks."""

    def __init__(self, reenactor, photos, steps, batch_size, seed):
        super().__init__()
        self._exposure, self._size = reenactor.exposure, reenactor.image_size
        self._photos, self._seed = photos, seed
        self._steps, self._batch_size = steps, batch_size

    def __len__(self):
        return self._steps

    def __getitem__(self, step):
        generator = np.random.default_rng((self._seed, step))
        rows = generator.integers(len(self._photos[0]), size=self._batch_size)
        drawn = [
            augment_photo(*(part[row] for part in self._photos), generator)
            for row in rows
        ]
        source, landmarks, masks = (np.stack(part) for part in zip(*drawn))
        half = self._size // 2
        odds = background_odds(*face_coordinates((landmarks + 0.5) / 2 - 0.5, half))
        if self._exposure is not None:
            level = self._exposure(source, landmarks)
            source = self._exposure.normalize(source, level)
        shape = (len(rows), half, 2, half, 2, 1)
        background = 1 - masks.astype("float32").reshape(shape).mean((2, 4)) / 255
        return {"source": np.asarray(source), "odds": np.asarray(odds)}, background


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
