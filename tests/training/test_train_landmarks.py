import json
import types

import cv2
import numpy as np
import pytest

from aan_keras import cli
from aan_keras.data import FaceImages, mirror_landmarks, read_clips
from aan_keras.faces.draw_landmarks import draw_landmarks
from aan_keras.models.landmark_transformer import LandmarkTransformer
from aan_keras.models.preset import named_variables
from aan_keras.training.shape_statistics import mirror_shapes, shape_statistics
from aan_keras.training.train_landmarks import (
    expression_errors,
    identity_dataset,
    identity_targets,
    train_landmarks,
)
from tests.models.synthetic_faces import population

SMALL = {"num_identity": 6, "num_expression": 4, "validation": (2, 1)}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Twelve drawn people, half of them as photo sets."""
    path = tmp_path_factory.mktemp("people")
    faces = population(people=12, images=6)
    for person in range(12):
        folder = path / f"person{person:02d}" / ("v0" if person % 2 else "p0")
        folder.mkdir(parents=True)
        landmarks = faces.landmarks[faces.people == person]
        np.save(folder / "landmarks.npy", landmarks.astype("float32"))
        for i, points in enumerate(landmarks):
            cv2.imwrite(str(folder / f"{i:04d}.png"), draw_landmarks(points, 128))
    return path


@pytest.fixture(scope="module")
def images(data):
    return FaceImages(read_clips(data))


@pytest.fixture(scope="module")
def statistics(images):
    return shape_statistics(images, 6, 4)


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    output = tmp_path_factory.mktemp("landmarks")
    return output, train_landmarks(data, output, epochs=1, **SMALL)


def test_the_better_estimator_is_kept(trained):
    output, report = trained
    errors = report["errors"]
    assert set(errors) == {"none", "linear", "network"}
    best = min(("linear", "network"), key=lambda name: errors[name]["mean"])
    assert report["estimator"] == best
    assert LandmarkTransformer.from_preset(output).estimator == best
    assert json.loads((output / "report.json").read_text()) == report
    assert report["training"] == {"people": 9, "images": 54}
    assert report["validation"] == {"people": 3, "images": 18}


def test_same_seed_same_weights(trained, data, tmp_path):
    again = train_landmarks(data, tmp_path, epochs=1, **SMALL)
    assert again == trained[1]
    first, second = (
        named_variables(LandmarkTransformer.from_preset(path))
        for path in (trained[0], tmp_path)
    )
    for name, variable in first.items():
        np.testing.assert_array_equal(variable, second[name])


def test_without_people_to_compare_on_the_option_is_named(data, tmp_path):
    message = r"give --validation 1 0, say. Received: validation=\(0, 0\)"
    with pytest.raises(ValueError, match=message):
        train_landmarks(data, tmp_path / "out", validation=(0, 0))
    assert not (tmp_path / "out").exists()


def test_targets_are_the_mean_of_the_persons_other_images(images, statistics):
    targets, usable = identity_targets(images, statistics)
    assert usable.all()
    from aan_keras.training.shape_statistics import deviations

    arguments = statistics["mean_shape"], statistics["pose_weights"]
    shapes = deviations(images.landmarks, *arguments)
    for index in (0, 17, 71):
        same = images.people == images.people[index]
        same[index] = False
        np.testing.assert_allclose(targets[index], shapes[same].mean(0), atol=1e-9)


def test_a_single_image_has_no_target(statistics):
    faces = population(people=3, images=2)
    alone = types.SimpleNamespace(
        landmarks=faces.landmarks[:5], people=faces.people[:5]
    )
    targets, usable = identity_targets(alone, statistics)
    np.testing.assert_array_equal(usable, [True] * 4 + [False])
    assert np.isfinite(targets).all()


def test_dataset_pairs_images_with_their_targets(images, statistics):
    """Every image, as it is or mirrored, comes with its own target and weight."""
    targets, _ = identity_targets(images, statistics)
    batches = iter(identity_dataset(images, statistics, seed=3))
    inputs, found, weights = next(batches)
    assert inputs["image"].shape == (64, 128, 128, 3) and weights.shape == (64, 1)
    rows = inputs["landmarks"].numpy()
    plain = images.landmarks.astype("float32")
    mirrored = mirror_landmarks(images.landmarks, 128).astype("float32")
    seen, flipped = [], 0
    for row, target, weight in zip(rows, found.numpy(), weights.numpy()):
        distance = np.minimum(
            np.abs(plain - row).max((1, 2)), np.abs(mirrored - row).max((1, 2))
        )
        index = int(distance.argmin())
        seen.append(index)
        is_mirrored = np.abs(plain[index] - row).max() > 1e-3
        flipped += is_mirrored
        own = mirror_shapes(targets[index]) if is_mirrored else targets[index]
        np.testing.assert_allclose(target, own, atol=1e-5)
        assert weight[0] == pytest.approx(images.weights[index])
    assert len(set(seen)) == 64  # 64 of the 72 images, none twice
    assert 16 < flipped < 48


def test_errors_against_a_loop(images, statistics):
    """The definition, person by person."""
    model = LandmarkTransformer(6, 4)
    model.set_statistics(statistics)
    errors = expression_errors(model, images, statistics)
    targets, _ = identity_targets(images, statistics)
    inputs = {"landmarks": images.landmarks.astype("float32")}
    missed = np.asarray(model(inputs), "float64") - targets
    components = statistics["expression_basis"]
    by_kind = {"video": [], "photo": []}
    for person in np.unique(images.people):
        squares = []
        for index in np.flatnonzero(images.people == person):
            part = components.T @ (components @ missed[index].ravel())
            squares.append((part.reshape(68, 3) ** 2).sum(-1).mean())
        kind = "video" if images.is_video[images.people == person][0] else "photo"
        by_kind[kind].append(np.mean(squares))
    for kind, values in by_kind.items():
        expected = 100 * np.sqrt(np.mean(values))
        assert errors[kind] == pytest.approx(expected, abs=2e-3)
    both = (errors["video"] + errors["photo"]) / 2
    assert errors["mean"] == pytest.approx(both, abs=1e-3)
    # These people differ; their expressions are told from what they look like.
    assert errors["mean"] < 0.8 * expression_errors(None, images, statistics)["mean"]


def test_nobody_left_to_compare_on(data, tmp_path):
    with pytest.raises(ValueError, match="Received: validation"):
        train_landmarks(data, tmp_path, **{**SMALL, "validation": (0, 0)})


def test_command(data, tmp_path, capfd):
    command = ["train-landmarks", "--data", str(data), "--output", str(tmp_path)]
    command += ["--estimator", "linear", "--validation", "2", "1"]
    assert cli.main(command) == 0
    lines = capfd.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["none", "linear", "kept"]
    assert LandmarkTransformer.from_preset(tmp_path).num_identity == 60
    missing = str(tmp_path / "missing")
    assert cli.main([*command[:2], missing, *command[3:]]) == 1
    error = capfd.readouterr().err
    assert error.startswith("aan-keras: error: ") and error.count("\n") == 1
