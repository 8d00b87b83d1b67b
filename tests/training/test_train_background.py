import json

import cv2
import keras
import numpy as np
import pytest

from aan_keras import Reenactor, cli
from aan_keras.faces.draw_landmarks import draw_landmarks
from aan_keras.models.preset import named_variables
from aan_keras.training.train_background import (
    augment_photo,
    overlap,
    train_background,
)
from tests.layers.sample_face import sample_landmarks
from tests.models.tiny import DEPARTURES, shake, tiny_reenactor

SIZE = 64
SMALL = {"steps": 40, "batch_size": 4, "validation": (1, 1)}


def hat(landmarks):
    """A person whom no usual outline fits: a square above the brows."""
    brows, chin = landmarks[17:27].mean(0), landmarks[8]
    mask = np.zeros((SIZE, SIZE), "float32")
    half = (chin - brows)[1]
    (x, y), half = brows.round().astype(int), int(half)
    mask[max(0, y - half) : y + half, max(0, x - half // 2) : x + half // 2] = 1
    return mask


def find_person(image, landmarks):
    return hat(landmarks)


def make_model(**arguments):
    arguments = {**DEPARTURES, "flow_prior": "layered", **arguments}
    model = tiny_reenactor(**{"background": True, "exposure": True, **arguments})
    shake(model)
    return model


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Eight drawn people in red before grey, half of them as photo sets."""
    path = tmp_path_factory.mktemp("people")
    for person in range(8):
        folder = path / f"person{person}" / ("v0" if person % 2 else "p0")
        folder.mkdir(parents=True)
        landmarks = sample_landmarks(3, SIZE, seed=person)
        np.save(folder / "landmarks.npy", landmarks)
        for i, points in enumerate(landmarks):
            image = draw_landmarks(points, SIZE)
            person_pixels = hat(points)[..., None] * np.array([0.0, 0.0, 200.0])
            image = np.maximum(image, person_pixels.astype("uint8"))
            image = np.maximum(image, np.uint8(60))
            cv2.imwrite(str(folder / f"{i:04d}.png"), image)
    return path


def test_learns_masks_and_moves_nothing_else(data):
    keras.utils.set_random_seed(1)
    model = make_model()
    before = {n: np.array(v) for n, v in named_variables(model).items()}
    report = train_background(model, data, find_person=find_person, **SMALL)
    assert report["after"] > report["before"] + 0.1
    after = named_variables(model)
    changed = {n for n in after if np.any(before[n] != np.array(after[n]))}
    assert changed == {n for n in after if n.startswith("person_net/")}
    assert not model.person_net.trainable


def test_no_more_faces_than_fit_in_memory(data, monkeypatch):
    seen = []
    monkeypatch.setattr(keras.Model, "fit", lambda *arguments, **options: None)

    def counted(image, landmarks):
        seen.append(image.tobytes())
        return hat(landmarks)

    options = {**SMALL, "steps": 1, "most_faces": 5, "find_person": counted}
    train_background(make_model(), data, **options)
    # Of two people held out there are six.
    assert len(seen) == len(set(seen)) == 10


def test_overlap_counts_pixels():
    model = make_model()
    points = sample_landmarks(2, SIZE)
    images = np.full((2, SIZE, SIZE, 3), 90, "uint8")
    source = images.astype("float32") / 127.5 - 1
    found = np.array(model.person_mask(source, points))[..., 0] > 0.5
    half = found & (np.cumsum(found, axis=1) % 2 == 1)
    masks = 255 * half.astype("uint8")
    expected = np.mean([h.sum() / f.sum() for h, f in zip(half, found)])
    assert overlap(model, images, points, masks) == pytest.approx(expected)
    assert 0.3 < expected < 0.7


def test_augmentation_moves_photo_mask_and_landmarks_alike():
    """A disc under a landmark stays under it."""
    points = np.full((68, 2), 31.5, "float32")
    points[8] = (40, 44)
    image = np.zeros((SIZE, SIZE, 3), "uint8")
    cv2.circle(image, (40, 44), 4, (255, 255, 255), -1)
    mask = image[..., 0].copy()
    for seed in range(8):
        generator = np.random.default_rng(seed)
        moved, landmarks, moved_mask = augment_photo(image, points, mask, generator)
        assert moved.dtype == landmarks.dtype == np.float32
        for picture in (moved.mean(-1) - moved.mean(-1).min(), moved_mask):
            weights = picture.astype("float64")
            y, x = np.mgrid[:SIZE, :SIZE]
            centre = [(weights * axis).sum() / weights.sum() for axis in (x, y)]
            np.testing.assert_allclose(centre, landmarks[8], atol=0.3)


def test_command(data, tmp_path, capsys):
    keras.utils.set_random_seed(1)
    make_model().save_to_preset(tmp_path / "first")
    command = ["train-background", "--data", data, "--preset", tmp_path / "first"]
    command += ["--output", tmp_path / "second", "--steps", 1, "--validation", 1, 1]
    assert cli.main([str(word) for word in command]) == 0
    output = capsys.readouterr().out
    assert "intersection over union" in output and "second" in output
    config = json.loads((tmp_path / "second" / "config.json").read_text())["config"]
    assert config["background"] is True
    first, second = (
        named_variables(Reenactor.from_preset(tmp_path / name))
        for name in ("first", "second")
    )
    name = "person_net/odds/conv/kernel"
    assert np.any(np.array(first[name]) != np.array(second[name]))


def test_refused(data):
    with pytest.raises(ValueError, match="`background`"):
        train_background(make_model(background=False), data)
    with pytest.raises(ValueError, match="`validation`"):
        train_background(make_model(), data, **{**SMALL, "validation": (0, 0)})
