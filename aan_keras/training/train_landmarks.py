"""Training of the landmark transformer."""

import json
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from aan_keras.data.face_images import FaceImages
from aan_keras.data.open_clips import open_clips
from aan_keras.data.split import split_identities
from aan_keras.models.landmark_transformer import LandmarkTransformer
from aan_keras.training.shape_statistics import (
    deviations,
    group_means,
    mirror_shapes,
    shape_statistics,
)

BATCH_SIZE = 64


def train_landmarks(
    data,
    output,
    *,
    validation=(6, 12),
    seed=0,
    epochs=8,
    learning_rate=2e-3,
    num_identity=60,
    num_expression=20,
    network=True,
    callbacks=(),
    verbose=0,
):
    """Trains a landmark transformer and keeps what estimates best.

    First the statistics and with them the linear estimator, which has a closed form;
    then, with `fit`, the network that corrects it. The network is kept if its error on
    the validation people is smaller.

    Args:
        data: folder of shards, or of `<identity>/<clip>/*.jpg` and `landmarks.npy`;
            see `aan_keras.data.open_clips`.
        output: folder to write the preset and `report.json` to.
        validation: see `aan_keras.data.split_identities`.
        seed: decides the split, initial weights and order.
        epochs: of the network.
        learning_rate: of the network; it falls to zero along a half cosine.
        num_identity, num_expression: see `LandmarkTransformer`.
        network: False trains the linear estimator only.
        callbacks: for `fit`.
        verbose: for `fit`.

    Returns:
        The report, a dict: `errors` of each estimator on the validation people by kind
        of data (see `expression_errors`), `estimator` that was kept, numbers of people
        and images.
    """
    keras.utils.set_random_seed(seed)
    training, held_out = split_identities(data, validation, seed)
    if not (training and held_out):
        raise ValueError(
            "`validation` must leave people to train on and people to compare the "
            "estimators on: give --validation 1 0, say. Received: "
            f"validation={tuple(validation)}"
        )
    images = FaceImages(open_clips(data, training))
    unseen = FaceImages(open_clips(data, held_out))
    statistics = shape_statistics(images, num_identity, num_expression)
    sizes = {"num_identity": num_identity, "num_expression": num_expression}
    models = {"linear": LandmarkTransformer(**sizes)}
    models["linear"].set_statistics(statistics)
    if network:
        model = LandmarkTransformer(**sizes, estimator="network")
        model.set_statistics(statistics)
        steps = -(-len(images) // BATCH_SIZE)
        schedule = keras.optimizers.schedules.CosineDecay(learning_rate, epochs * steps)
        model.compile(keras.optimizers.AdamW(schedule, weight_decay=0.01), "mse")
        model.fit(
            identity_dataset(images, statistics, seed),
            epochs=epochs,
            steps_per_epoch=steps,
            callbacks=list(callbacks),
            shuffle=False,  # the data set does
            verbose=verbose,
        )
        models["network"] = model
    errors = {"none": expression_errors(None, unseen, statistics)}
    for name, model in models.items():
        errors[name] = expression_errors(model, unseen, statistics)
    kept = min(models, key=lambda name: errors[name]["mean"])
    report = {
        "estimator": kept,
        "errors": errors,
        "training": {"people": len(training), "images": len(images)},
        "validation": {"people": len(held_out), "images": len(unseen)},
    }
    models[kept].save_to_preset(output)
    (Path(output) / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    return report


def identity_targets(images, statistics):
    """`l_id` of every image: the mean shape of the person's other images.

    Args:
        images: `FaceImages`.
        statistics: from `shape_statistics`.

    Returns:
        float64 `[N, 68, 3]`, and a mask `[N]`: False for people with a single image.
    """
    shapes = deviations(
        images.landmarks, statistics["mean_shape"], statistics["pose_weights"]
    ).reshape(-1, 204)
    counts = np.bincount(images.people)[images.people][:, None]
    means = group_means(shapes, images.people)[images.people]
    others = (means * counts - shapes) / np.maximum(counts - 1, 1)
    return others.reshape(-1, 68, 3), counts[:, 0] > 1


def identity_dataset(images, statistics, seed):
    """Endless batches of `(inputs, l_id, weights [B, 1])`, half of them mirrored."""
    targets, usable = identity_targets(images, statistics)
    chosen = np.flatnonzero(usable)

    def make(position):
        epoch, row = divmod(int(position), len(chosen))
        index = chosen[np.random.default_rng((seed, epoch)).permutation(len(chosen))]
        index, generator = index[row], np.random.default_rng((seed, epoch, row))
        mirror = generator.random() < 0.5
        image, landmarks = images.image(index, mirror)
        target = mirror_shapes(targets[index]) if mirror else targets[index]
        gain, shift = np.exp(generator.normal(0, 0.15)), generator.normal(0, 0.1)
        image = np.clip(image * gain + shift, -1, 1).astype("float32")
        weight = images.weights[index : index + 1].astype("float32")
        return image, landmarks, target.astype("float32"), weight

    size = images.image_size

    def example(position):
        image, landmarks, target, weight = tf.numpy_function(
            make, [position], [tf.float32] * 4, stateful=False
        )
        inputs = {
            "image": tf.ensure_shape(image, (size, size, 3)),
            "landmarks": tf.ensure_shape(landmarks, (68, 2)),
        }
        target = tf.ensure_shape(target, (68, 3))
        return inputs, target, tf.ensure_shape(weight, (1,))

    dataset = tf.data.Dataset.counter().map(example, num_parallel_calls=2)
    return dataset.batch(BATCH_SIZE, drop_remainder=True).prefetch(2)


def expression_errors(model, images, statistics):
    """How far estimated expressions are from those against the person's mean.

    Args:
        model: `LandmarkTransformer`; None: takes the whole image for identity.
        images: `FaceImages` of people it has not seen.
        statistics: from `shape_statistics`.

    Returns:
        dict: root mean square distance of the points in the span of the expression
        components, in % of the distance between the eyes, every person counting the
        same, of `video` people, `photo` people, and the `mean` of both; kinds that are
        not there are left out.
    """
    targets, usable = identity_targets(images, statistics)
    components = statistics["expression_basis"]
    shapes = deviations(
        images.landmarks, statistics["mean_shape"], statistics["pose_weights"]
    )
    found = shapes if model is None else _identities(model, images)
    missed = (found - targets).reshape(-1, 204) @ components.T
    squared = (missed**2).sum(-1) / 68
    errors = {}
    for kind, chosen in (("video", images.is_video), ("photo", ~images.is_video)):
        chosen = chosen & usable
        if chosen.any():
            people = np.unique(images.people[chosen], return_inverse=True)[1]
            mean = group_means(squared[chosen, None], people).mean()
            errors[kind] = round(100 * float(np.sqrt(mean)), 3)
    return {**errors, "mean": round(float(np.mean(list(errors.values()))), 3)}


def _identities(model, images):
    found = []
    for first in range(0, len(images), 256):
        batch = range(first, min(first + 256, len(images)))
        inputs = {"landmarks": images.landmarks[first : batch.stop].astype("float32")}
        if model.estimator == "network":
            inputs["image"] = np.stack([images.image(i)[0] for i in batch])
        found.append(keras.ops.convert_to_numpy(model(inputs)))
    return np.concatenate(found)
